// A panic in the Worker that is deployed: the test takes the runtime's random bytes away, which the program answers with one
// (`shared/edge/src/entropy.rs`). Nothing in the program is there for this test's sake.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startFaultyProxy } from "./faulty_proxy.mjs";
import { startLocalCloud } from "./local_cloud.mjs";
import { assertProblem, PASSWORD, register, sender } from "./requests.mjs";
import { startWorkerd, testModules, variables } from "./workerd.mjs";

const PANICKING = { "test-randomness": "none" };

let cloud;
let proxy;
let workerd;
let send;

before(async () => {
  cloud = await startLocalCloud();
  proxy = await startFaultyProxy(cloud.awsUrl);
  workerd = await startWorkerd([{ modules: await testModules(), bindings: variables(proxy.url) }]);
  send = sender((path, init) => fetch(workerd.urls[0] + path, init));
});

after(async () => {
  await workerd?.stop();
  await proxy?.stop();
  await cloud?.stop();
});

test("a panic is answered with 500, and the next request is served", async () => {
  const { email, accessToken } = await register(send);
  for (let round = 0; round < 3; round += 1) {
    const answer = await send("GET", "/api/auth/me", { token: accessToken, headers: PANICKING });
    assertProblem(answer, 500, "internal");
    assert.ok(!JSON.stringify(answer.body).includes("random"), "the cause is for the log alone");
    assert.equal((await send("GET", "/api/auth/me", { token: accessToken })).status, 200);
  }
  assert.equal((await send("POST", "/api/auth/login", { body: { email, password: PASSWORD } })).status, 200);
  const panics = workerd.log.filter((line) => line.includes('"message":"a function panicked"')).map((line) => JSON.parse(line));
  assert.equal(panics.length, 3);
  assert.match(panics[0].place, /entropy\.rs/);
  assert.equal(panics[0].level, "ERROR");
});

test("a panic answers the requests that wait inside the instance too", async () => {
  const { email } = await register(send);
  proxy.inject("BatchGetItem", [], "hang");
  const waiting = [1, 2].map(() => send("POST", "/api/auth/login", { body: { email, password: PASSWORD } }));
  while (proxy.count("BatchGetItem") < waiting.length) await new Promise((resolve) => setTimeout(resolve, 10));
  assertProblem(await send("GET", "/api/health", { headers: PANICKING }), 500, "internal");
  for (const answer of await Promise.all(waiting)) assertProblem(answer, 500, "internal");
  proxy.heal();
  assert.equal((await send("POST", "/api/auth/login", { body: { email, password: PASSWORD } })).status, 200);
});
