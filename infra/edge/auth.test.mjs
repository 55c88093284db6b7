// The auth Worker in Cloudflare's runtime: what the tests of the crate cannot show, because there the router runs on another host.
import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { startAuthWorker } from "./auth_worker.mjs";
import { startFaultyProxy } from "./faulty_proxy.mjs";
import { startLocalCloud } from "./local_cloud.mjs";

const PASSWORD = "correct horse battery staple";
const DAY_SECONDS = 24 * 60 * 60;
const FRONTEND_URL = "https://app.example.com";

let cloud;
let proxy;
let worker;

before(async () => {
  cloud = await startLocalCloud();
  proxy = await startFaultyProxy(cloud.awsUrl);
  worker = await startAuthWorker(proxy.url, { FRONTEND_URL });
});

after(async () => {
  await worker?.stop();
  await proxy?.stop();
  await cloud?.stop();
});

/** A new account: its address and the answer to its registration. */
async function register() {
  const email = `${randomUUID()}@example.com`;
  const answer = await worker.send("POST", "/api/auth/register", { body: { email, password: PASSWORD, name: "Ada" } });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return { email, ...answer.body };
}

function assertProblem(answer, status, code) {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.body.status, status);
  assert.equal(answer.body.code, code);
  assert.match(answer.headers.get("x-request-id"), /^req_/);
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const decode = (text) => JSON.parse(Buffer.from(text, "base64url"));

describe("an account", () => {
  test("is registered, signs in, is told who it is, refreshes and signs out", async () => {
    const { email, user } = await register();

    const login = await worker.send("POST", "/api/auth/login", { body: { email, password: PASSWORD } });
    assert.equal(login.status, 200);
    assert.equal(login.body.user.id, user.id);
    assert.equal(login.body.expiresIn, DAY_SECONDS);

    const me = await worker.send("GET", "/api/auth/me/", { token: login.body.accessToken });
    assert.equal(me.status, 200);
    assert.equal(me.body.user.email, email);

    const refreshed = await worker.send("POST", "/api/auth/refresh", { body: { refreshToken: login.body.refreshToken } });
    assert.equal(refreshed.status, 200);
    assert.notEqual(refreshed.body.refreshToken, login.body.refreshToken);

    const logout = await worker.send("POST", "/api/auth/logout", { token: refreshed.body.accessToken });
    assert.equal(logout.status, 204);
    assert.equal(logout.body, "");
    const afterwards = await worker.send("GET", "/api/auth/me", { token: refreshed.body.accessToken });
    assertProblem(afterwards, 401, "token_invalid");
  });

  test("does not sign in with another password", async () => {
    const { email } = await register();
    const login = await worker.send("POST", "/api/auth/login", { body: { email, password: "incorrect horse" } });
    assertProblem(login, 401, "invalid_credentials");
  });

  test("is known to the functions on the other host", async () => {
    const { accessToken, user } = await register();
    const response = await fetch(`${cloud.apiUrl}/api/organizations`, { headers: { authorization: `Bearer ${accessToken}` } });
    assert.equal(response.status, 200);
    const organizations = await response.json();
    assert.deepEqual(organizations.data.map(({ id }) => id), [user.id.replace("usr_", "org_")]);
  });
});

describe("a token", () => {
  test("that is missing is asked for", async () => {
    const answer = await worker.send("GET", "/api/auth/me");
    assertProblem(answer, 401, "token_missing");
    assert.equal(answer.body.error, "Token missing");
    assert.equal(answer.headers.get("www-authenticate"), "Bearer");
  });

  test("that we did not sign is refused", async () => {
    const { accessToken } = await register();
    const other = await register();
    const [header, payload, signature] = accessToken.split(".");
    const jwks = await worker.send("GET", "/.well-known/jwks.json");
    const publicKey = Buffer.from(jwks.body.keys[0].x, "base64url");
    const claims = decode(payload);
    const symmetric = `${encode({ ...decode(header), alg: "HS256" })}.${payload}`;
    const forgeries = {
      "of another's name": `${header}.${encode({ ...claims, sub: other.user.id })}.${signature}`,
      "with another's signature": `${header}.${payload}.${other.accessToken.split(".")[2]}`,
      "without a signature": `${header}.${payload}.`,
      "of the algorithm none": `${encode({ ...decode(header), alg: "none" })}.${payload}.`,
      "signed with the public key as a secret": `${symmetric}.${createHmac("sha256", publicKey).update(symmetric).digest("base64url")}`,
      "of an unknown key": `${encode({ ...decode(header), kid: "key_01KAGR3V0R0000000000000000" })}.${payload}.${signature}`,
      "that is no token": "x",
    };
    for (const [kind, token] of Object.entries(forgeries)) {
      const answer = await worker.send("GET", "/api/auth/me", { token });
      assert.equal(answer.body.error, "Token invalid", `a token ${kind}`);
      assertProblem(answer, 401, "token_invalid");
    }
    assert.equal((await worker.send("GET", "/api/auth/me", { token: accessToken })).status, 200);
  });
});

describe("a bad request is a problem, and the next one is served", () => {
  const cases = {
    "no JSON": ["POST", "/api/auth/login", { body: "{" }, 400, "malformed"],
    "a wrong type": ["POST", "/api/auth/login", { body: { email: 1, password: PASSWORD } }, 400, "malformed"],
    "an unknown field": ["POST", "/api/auth/login", { body: { email: "a@example.com", password: PASSWORD, admin: true } }, 400, "malformed"],
    "another content type": ["POST", "/api/auth/login", { body: "x", headers: { "content-type": "text/plain" } }, 415, "unsupported_media_type"],
    "wrong values": ["POST", "/api/auth/register", { body: { email: "nobody", password: "short", name: "" } }, 422, "invalid"],
    "a body of a megabyte": ["POST", "/api/auth/login", { body: JSON.stringify({ email: "a".repeat(1024 * 1024) }) }, 413, "too_large"],
    "an unknown path": ["GET", "/api/auth/nothing?a=|b{\"c\"}^%zz", {}, 404, "not_found"],
    "a path that is no text": ["GET", "/%ff%fe", {}, 404, "not_found"],
    "another method": ["DELETE", "/api/auth/login", {}, 405, "method_not_allowed"],
    "a method of the caller's own": ["PURGE", "/api/auth/login", {}, 405, "method_not_allowed"],
    "a header beyond ASCII": ["GET", "/api/auth/me", { headers: { authorization: "Bearer ü" } }, 401, "token_invalid"],
  };
  for (const [name, [method, path, request, status, code]] of Object.entries(cases)) {
    test(name, async () => {
      assertProblem(await worker.send(method, path, request), status, code);
      assert.equal((await worker.send("GET", "/api/health")).status, 200);
    });
  }

  test("wrong values are named together", async () => {
    const answer = await worker.send("POST", "/api/auth/register", { body: { email: "nobody", password: "short", name: "" } });
    assert.deepEqual(answer.body.errors.map(({ path }) => path).sort(), ["email", "name", "password"]);
  });
});

describe("the host", () => {
  test("lets the frontend's pages call, and no others", async () => {
    const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "content-type" };
    const ours = await worker.send("OPTIONS", "/api/auth/login", { headers: { origin: FRONTEND_URL, ...preflight } });
    assert.equal(ours.headers.get("access-control-allow-origin"), FRONTEND_URL);
    const others = await worker.send("OPTIONS", "/api/auth/login", { headers: { origin: "https://example.net", ...preflight } });
    assert.notEqual(others.headers.get("access-control-allow-origin"), "https://example.net");
  });

  test("writes one line of JSON for each request, without what is secret", async () => {
    const { email, accessToken, refreshToken } = await register();
    const me = await worker.send("GET", "/api/auth/me", { token: accessToken });
    const texts = worker.logs().map(({ message }) => message);
    const lines = texts.map((text) => JSON.parse(text)).filter((line) => line["request_id"] === me.headers.get("x-request-id"));
    assert.equal(lines.length, 1);
    const { method, path, status, function: name, level } = lines[0];
    assert.deepEqual({ method, path, status, name, level }, { method: "GET", path: "/api/auth/me", status: 200, name: "auth", level: "INFO" });
    for (const secret of [email, PASSWORD, accessToken, refreshToken]) {
      assert.ok(!texts.some((text) => text.includes(secret)));
    }
  });

  test("repeats what the table could not do at once", async () => {
    proxy.next = ["fail"];
    proxy.requests = 0;
    assert.equal((await worker.send("GET", "/api/health")).status, 200);
    assert.equal(proxy.requests, 2);
  });

  test("answers 503 for a table that stays ill, and recovers", async () => {
    const { email } = await register();
    proxy.always = "fail";
    const answer = await worker.send("POST", "/api/auth/login", { body: { email, password: PASSWORD } });
    proxy.always = undefined;
    assertProblem(answer, 503, "unavailable");
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    assert.equal((await worker.send("POST", "/api/auth/login", { body: { email, password: PASSWORD } })).status, 200);
  });

  test("answers 503 for a table that does not answer", async () => {
    const { email } = await register();
    proxy.always = "hang";
    const started = performance.now();
    const answer = await worker.send("POST", "/api/auth/login", { body: { email, password: PASSWORD } });
    proxy.always = undefined;
    assertProblem(answer, 503, "unavailable");
    assert.ok(performance.now() - started < 15_000);
  });
});

// These start the Worker again, so they come last.
describe("a new instance", () => {
  test("finds an access token expired after a day and exchanges its refresh token", async () => {
    const { accessToken, refreshToken } = await register();
    await worker.restart({ TEST_CLOCK_OFFSET_SECONDS: String(DAY_SECONDS + 60) });
    assertProblem(await worker.send("GET", "/api/auth/me", { token: accessToken }), 401, "token_invalid");
    const refreshed = await worker.send("POST", "/api/auth/refresh", { body: { refreshToken } });
    assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
    assert.equal((await worker.send("GET", "/api/auth/me", { token: refreshed.body.accessToken })).status, 200);
  });

  test("has its clock moved by tests alone", async () => {
    await worker.restart();
    const { accessToken } = await register();
    await worker.restart({ ENVIRONMENT: "staging", TEST_CLOCK_OFFSET_SECONDS: String(DAY_SECONDS + 60) });
    assert.equal((await worker.send("GET", "/api/auth/me", { token: accessToken })).status, 200);
  });

  test("without its configuration says in the log what is missing, and nothing to the caller", async () => {
    await worker.restart({ TABLE_NAME: "", AWS_REGION: "", TEST_CLOCK_OFFSET_SECONDS: "soon" });
    const answer = await worker.send("GET", "/api/health");
    assert.equal(answer.status, 500);
    assert.equal(answer.body.code, "internal");
    assert.ok(!JSON.stringify(answer.body).includes("TABLE_NAME"));
    const log = worker.logs().map(({ message }) => message).join("\n");
    for (const name of ["TABLE_NAME is missing", "AWS_REGION is missing", "TEST_CLOCK_OFFSET_SECONDS is malformed"]) {
      assert.ok(log.includes(name), name);
    }
  });
});
