import assert from "node:assert/strict";
import { test } from "node:test";

import { guardAgainstPanics } from "./panic_guard.mjs";

// A program as wasm-bindgen makes it: what happens inside it is up to the test.
function program(fetch) {
  const state = { criticalError: false };
  return { state, fetch, __worker_init_state: () => state };
}

test("an answer passes", async () => {
  const fetch = guardAgainstPanics(program(async () => new Response("hello")));
  assert.equal(await (await fetch()).text(), "hello");
});

test("a panic answers every request inside with a problem of its own, and the next request is served", async () => {
  const stuck = program(() => new Promise(() => {}));
  const fetch = guardAgainstPanics(stuck);
  const inside = [fetch(), fetch()];
  stuck.state.criticalError = true;
  const answers = await Promise.all(inside);
  assert.notEqual(answers[0], answers[1]);
  for (const answer of answers) {
    assert.equal(answer.status, 500);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal((await answer.json()).code, "internal");
  }
  assert.equal(stuck.state.criticalError, true);

  stuck.fetch = async () => new Response("alive");
  assert.equal(await (await fetch()).text(), "alive");
});

test("a rejection stays one", async () => {
  const fetch = guardAgainstPanics(program(async () => Promise.reject(new Error("refused"))));
  await assert.rejects(fetch(), /refused/);
});
