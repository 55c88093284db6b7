// The AWS SDK over `fetch` in workerd, and the store on top of it, on a table that is ill.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";

import { startFaultyProxy } from "./faulty_proxy.mjs";
import { startLocalCloud } from "./local_cloud.mjs";
import { assertProblem, PASSWORD, register, registration, sender } from "./requests.mjs";
import { startWorkerd, variables, workerModules } from "./workerd.mjs";

/** How often the SDK makes a call at most, how long one attempt and how long a call may take: `shared/edge/src/connector.rs`. */
const ATTEMPTS = 3;
const ATTEMPT_TIMEOUT_MS = 4_000;
const CALL_TIMEOUT_MS = 6_000;
/** Within this time every request is answered, however ill the table is: as long as a function has on Lambda. */
const BUDGET_MS = 15_000;

let cloud;
let proxy;
let workerd;
let send;

before(async () => {
  cloud = await startLocalCloud();
  proxy = await startFaultyProxy(cloud.awsUrl);
  workerd = await startWorkerd([{ modules: await workerModules(), bindings: variables(proxy.url) }]);
  send = sender((path, init) => fetch(workerd.urls[0] + path, init));
  // The first registration of all makes the signing key, with requests of its own.
  await register(send);
});

afterEach(() => proxy.heal());

after(async () => {
  await workerd?.stop();
  await proxy?.stop();
  await cloud?.stop();
});

async function timed(work) {
  const started = performance.now();
  const answer = await work();
  return { answer, elapsedMs: performance.now() - started };
}

async function login(email) {
  return send("POST", "/api/auth/login", { body: { email, password: PASSWORD } });
}

/** What the local cloud's functions know of an account: its organisations and the kinds of its events. */
async function aftermath(token) {
  const get = async (path) => {
    const response = await fetch(cloud.apiUrl + path, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200);
    return (await response.json()).data;
  };
  const events = await get("/api/activity?limit=100");
  return { organizations: (await get("/api/organizations")).length, registrations: events.filter(({ type }) => type === "account.registered").length };
}

describe("a call that fails once is made again", () => {
  const faults = ["server error", "empty server error", "unavailable", "throughput exceeded", "throttling", "request limit", "reset", "answer lost", "truncated"];
  for (const fault of faults) {
    test(`after: ${fault}`, async () => {
      proxy.inject("GetItem", [fault]);
      const health = await send("GET", "/api/health");
      assert.equal(health.status, 200, JSON.stringify(health.body));
      assert.equal(proxy.count("GetItem"), 2);
    });
  }

  test("after a time-out of the attempt", async () => {
    proxy.inject("GetItem", ["hang"]);
    const { answer, elapsedMs } = await timed(() => send("GET", "/api/health"));
    assert.equal(answer.status, 200);
    assert.equal(proxy.count("GetItem"), 2);
    assert.equal(proxy.abandoned, 1, "nobody waits for the first attempt any more");
    assert.ok(elapsedMs >= ATTEMPT_TIMEOUT_MS && elapsedMs < CALL_TIMEOUT_MS, `${elapsedMs} ms`);
  });

  test("but not for ever", async () => {
    proxy.inject("GetItem", [], "server error");
    const health = await send("GET", "/api/health");
    assert.equal(health.status, 503);
    assert.equal(proxy.count("GetItem"), ATTEMPTS);
  });
});

describe("a registration is one, however often it is sent", () => {
  const cases = {
    "the table is busy with the same items": ["conflict", "conflict"],
    "the table asks for patience": ["throttling", "throughput exceeded"],
    "an answer is lost": ["answer lost"],
    "an answer breaks off": ["truncated"],
    "every answer to the SDK's attempts is lost": Array(ATTEMPTS).fill("answer lost"),
    "an answer does not come in time": ["hang"],
    "an answer is no answer": ["garbage with 200", "garbage with 400"],
  };
  for (const [name, faults] of Object.entries(cases)) {
    test(name, async () => {
      proxy.inject("TransactWriteItems", faults);
      const { email, accessToken, user } = await register(send);
      const sent = proxy.requests.filter(({ operation }) => operation === "TransactWriteItems");
      assert.equal(sent.length, faults.length + 1);
      assert.equal(new Set(sent.map(({ token }) => token)).size, 1, "the repeats carry the token of the first");
      assert.deepEqual(await aftermath(accessToken), { organizations: 1, registrations: 1 });
      assert.equal((await login(email)).body.user.id, user.id);
    });
  }
});

describe("a table that stays ill is a problem within the budget, and the next request is served", () => {
  for (const fault of ["server error", "throttling", "throughput exceeded", "reset", "truncated", "garbage with 200", "garbage with 400", "hang"]) {
    test(`503 after: ${fault}`, async () => {
      const { email } = await register(send);
      proxy.inject("BatchGetItem", [], fault);
      const { answer, elapsedMs } = await timed(() => login(email));
      assertProblem(answer, 503, "unavailable");
      assert.ok(Number(answer.headers.get("retry-after")) >= 1);
      assert.ok(elapsedMs < BUDGET_MS, `${elapsedMs} ms`);
      proxy.heal();
      assert.equal((await login(email)).status, 200);
    });
  }

  for (const fault of ["hang", "conflict", "answer lost"]) {
    test(`503 or 409 for a command after: ${fault}`, async () => {
      const body = registration();
      proxy.inject("TransactWriteItems", [], fault);
      const { answer, elapsedMs } = await timed(() => send("POST", "/api/auth/register", { body }));
      assert.ok(elapsedMs < BUDGET_MS, `${elapsedMs} ms`);
      if (fault === "conflict") assertProblem(answer, 409, "conflict");
      else assertProblem(answer, 503, "unavailable");
      proxy.heal();
      // Whoever got no answer may ask again, and finds either nothing or the whole account.
      const again = await send("POST", "/api/auth/register", { body });
      assert.equal(again.status, fault === "answer lost" ? 409 : 201, JSON.stringify(again.body));
      const { accessToken } = (await login(body.email)).body;
      assert.deepEqual(await aftermath(accessToken), { organizations: 1, registrations: 1 });
    });
  }
});

describe("what no repeat can mend is our fault, said once and to nobody else", () => {
  for (const [fault, secret] of Object.entries({ "access denied": "arn:aws:iam::123456789012:user/auth-worker", "unknown table": "groundwork-secret-table" })) {
    test(fault, async () => {
      const { email } = await register(send);
      proxy.inject("BatchGetItem", [fault]);
      const answer = await login(email);
      assertProblem(answer, 500, "internal");
      assert.equal(proxy.count("BatchGetItem"), 1);
      assert.ok(!JSON.stringify([answer.body, ...answer.headers]).includes(secret));
      assert.ok(workerd.log.some((line) => line.includes(secret)), "the log says why");
    });
  }
});
