// The auth Worker as wrangler.toml describes it, in Cloudflare's runtime: what only its host does. What auth answers is in
// functions/auth/tests, whose cases infra/edge/cases runs on the Worker too.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startAuthWorker } from "./auth_worker.mjs";
import { startLocalCloud } from "./local_cloud.mjs";
import { PASSWORD, register } from "./requests.mjs";

const FRONTEND_URL = "https://app.example.com";

let cloud;
let worker;

before(async () => {
  cloud = await startLocalCloud();
  worker = await startAuthWorker(cloud.awsUrl, { FRONTEND_URL });
});

after(async () => {
  await worker?.stop();
  await cloud?.stop();
});

test("an account is known to the functions on the other host", async () => {
  const { accessToken, user } = await register(worker.send);
  const response = await fetch(`${cloud.apiUrl}/api/organizations`, { headers: { authorization: `Bearer ${accessToken}` } });
  assert.equal(response.status, 200);
  const organizations = await response.json();
  assert.deepEqual(organizations.data.map(({ id }) => id), [user.id.replace("usr_", "org_")]);
});

test("the frontend's pages may call, and no others", async () => {
  const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
  const ours = await worker.send("OPTIONS", "/api/auth/login", { headers: { origin: FRONTEND_URL, ...preflight } });
  assert.equal(ours.headers.get("access-control-allow-origin"), FRONTEND_URL);
  const others = await worker.send("OPTIONS", "/api/auth/login", { headers: { origin: "https://example.net", ...preflight } });
  assert.notEqual(others.headers.get("access-control-allow-origin"), "https://example.net");
});

test("each request is one line of JSON in the log, without what is secret", async () => {
  const { email, accessToken, refreshToken } = await register(worker.send);
  const correlation = "req_01KAGR3V0R0000000000000000";
  const trace = "0af7651916cd43dd8448eb211c80319c";
  const headers = { "x-correlation-id": correlation, traceparent: `00-${trace}-b7ad6b7169203331-01` };
  const me = await worker.send("GET", "/api/auth/me", { token: accessToken, headers });
  const texts = worker.logs().map(({ message }) => message);
  const lines = texts.map((text) => JSON.parse(text)).filter((line) => line.request_id === me.headers.get("x-request-id"));
  assert.equal(lines.length, 1);
  const [line] = lines;
  const expected = {
    method: "GET",
    path: "/api/auth/me",
    status: 200,
    function: "auth",
    level: "INFO",
    correlation_id: correlation,
    trace_id: trace,
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, line[name]])), expected);
  assert.ok(Math.abs(Date.parse(line.timestamp) - Date.now()) < 60_000, line.timestamp);
  for (const secret of [email, PASSWORD, accessToken, refreshToken]) {
    assert.ok(!texts.some((text) => text.includes(secret)));
  }
});

// These start the Worker again, so they come last.
describe("a new instance", () => {
  for (const environment of ["test", "staging", "production"]) {
    test(`in ${environment} lets nobody hold its time, its randomness or its table`, async () => {
      const later = Date.now() + 400 * 24 * 60 * 60 * 1000;
      // What infra/edge/test_entry.mjs does for these headers it does in tests alone; the Worker that is deployed has no such entry.
      await worker.restart({ ENVIRONMENT: environment, TEST_CLOCK_OFFSET_SECONDS: "34560000" });
      const { accessToken } = await register(worker.send);
      const headers = { "test-time": String(later), "test-randomness": "none", "test-table": "http://127.0.0.1:9", "test-address": "192.0.2.9" };
      const me = await worker.send("GET", "/api/auth/me", { token: accessToken, headers });
      assert.equal(me.status, 200, JSON.stringify(me.body));
      assert.ok(Math.abs(Date.parse(me.body.session.createdAt) - Date.now()) < 60_000, me.body.session.createdAt);
    });
  }

  test("without its configuration says in the log what is missing, and nothing to the caller", async () => {
    await worker.restart({ TABLE_NAME: "", AWS_REGION: "" });
    const answer = await worker.send("GET", "/api/health");
    assert.equal(answer.status, 500);
    assert.equal(answer.body.code, "internal");
    assert.ok(!JSON.stringify(answer.body).includes("TABLE_NAME"));
    const log = worker.logs().map(({ message }) => message).join("\n");
    for (const name of ["TABLE_NAME is missing", "AWS_REGION is missing"]) {
      assert.ok(log.includes(name), name);
    }
  });
});
