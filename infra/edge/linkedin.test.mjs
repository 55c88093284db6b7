// Signing in with LinkedIn against an identity server that is not of our making: oauth2-mock-server, at LinkedIn's paths. It issues codes,
// access tokens and ID tokens signed with RS256, gives the nonce back, and publishes its keys. What it does not do, such as refusing a used
// code, is tried in functions/auth/tests against a server of ours.
//
// The same cases run on the Worker in Cloudflare's runtime, whose way out is `fetch`, and on the local cloud, whose way out is hyper.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, beforeEach, describe, test } from "node:test";

import { startAuthWorker } from "./auth_worker.mjs";
import { startLocalCloud } from "./local_cloud.mjs";
import { assertProblem, registration, sender } from "./requests.mjs";

// `import` does not look into NODE_PATH, where infra/checks/environment says that it is; `require` does.
const { OAuth2Server } = createRequire(import.meta.url)("oauth2-mock-server");

const FRONTEND_URL = "https://app.example.com";
const CLIENT = { LINKEDIN_CLIENT_ID: "groundwork-test", LINKEDIN_CLIENT_SECRET: "a secret & a half" };
/** LinkedIn's paths (its discovery document). */
const ENDPOINTS = {
  authorize: "/oauth/v2/authorization",
  token: "/oauth/v2/accessToken",
  jwks: "/oauth/openid/jwks",
  userinfo: "/v2/userinfo",
};

const identity = new OAuth2Server(undefined, undefined, { endpoints: ENDPOINTS });
/** Who the identity server says it is, the next time that it is asked. */
let member;
/** What is done to the next tokens before they are signed. */
let changeToken;
/** The forms that codes were exchanged with. */
const exchanges = [];

let variables;
let cloud;
let worker;

before(async () => {
  await identity.issuer.keys.generate("RS256");
  await identity.start(0, "127.0.0.1");
  const url = `http://127.0.0.1:${identity.address().port}`;
  identity.issuer.url = `${url}/oauth`;
  identity.service.on("beforeUserinfo", (answer) => {
    answer.body = member;
  });
  identity.service.on("beforeTokenSigning", (token) => {
    token.payload.sub = member.sub;
    changeToken(token);
  });
  identity.service.on("beforeResponse", (_, request) => exchanges.push({ form: { ...request.body }, authorization: request.headers.authorization }));
  variables = { FRONTEND_URL, LINKEDIN_BASE_URL: url, LINKEDIN_API_BASE_URL: url, ...CLIENT };
  cloud = await startLocalCloud(variables);
  worker = await startAuthWorker(cloud.awsUrl, variables);
});

beforeEach(() => {
  changeToken = () => {};
  exchanges.length = 0;
});

after(async () => {
  await worker?.stop();
  await cloud?.stop();
  await identity.stop();
});

const hosts = {
  "on the Worker": () => worker.send,
  "on the local cloud": () => sender((path, init) => fetch(cloud.apiUrl + path, init)),
};

/** Somebody at LinkedIn who was not here before. */
function somebody(host) {
  const name = `${host.replaceAll(" ", "-")}-${Math.random().toString(36).slice(2)}`;
  return { sub: name, name: "Ada Lovelace", given_name: "Ada", family_name: "Lovelace", email: `${name}@example.com`, email_verified: true, locale: { country: "US", language: "en" } };
}

/** Goes to the page of the identity server, as a browser does, and gives what the frontend's page posts when it is sent back. */
async function agree({ authorizationUrl, verifier }) {
  const answer = await fetch(authorizationUrl, { redirect: "manual" });
  assert.equal(answer.status, 302);
  const back = new URL(answer.headers.get("location"));
  assert.equal(back.origin + back.pathname, `${FRONTEND_URL}/sign-in/linkedin`);
  return { code: back.searchParams.get("code"), state: back.searchParams.get("state"), verifier };
}

async function signIn(send) {
  const begun = await send("POST", "/api/auth/linkedin/start");
  assert.equal(begun.status, 200, JSON.stringify(begun.body));
  return send("POST", "/api/auth/linkedin/callback", { body: await agree(begun.body) });
}

for (const [host, sendOf] of Object.entries(hosts)) {
  describe(host, () => {
    test("somebody new gets an account, and comes back to it", async () => {
      const send = sendOf();
      member = somebody(host);
      const first = await signIn(send);
      assert.equal(first.status, 201, JSON.stringify(first.body));
      assert.deepEqual([first.body.user.email, first.body.user.name], [member.email, "Ada Lovelace"]);
      const me = await send("GET", "/api/auth/me", { token: first.body.accessToken });
      assert.deepEqual([me.status, me.body.user.emailVerified], [200, true]);
      const again = await signIn(send);
      assert.deepEqual([again.status, again.body.user.id], [200, first.body.user.id]);
      const [{ form, authorization }] = exchanges;
      assert.equal(authorization, undefined, "LinkedIn takes the client's secret in the form alone");
      assert.deepEqual(form, {
        grant_type: "authorization_code",
        code: form.code,
        client_id: CLIENT.LINKEDIN_CLIENT_ID,
        client_secret: CLIENT.LINKEDIN_CLIENT_SECRET,
        redirect_uri: `${FRONTEND_URL}/sign-in/linkedin`,
      });
    });

    test("an attempt is one browser's, and good once", async () => {
      const send = sendOf();
      member = somebody(host);
      const [mine, theirs] = [await send("POST", "/api/auth/linkedin/start"), await send("POST", "/api/auth/linkedin/start")];
      const returned = await agree(theirs.body);
      const elsewhere = await send("POST", "/api/auth/linkedin/callback", { body: { ...returned, verifier: mine.body.verifier } });
      assertProblem(elsewhere, 422, "linkedin_attempt_invalid");
      assert.equal(exchanges.length, 0);
      assert.equal((await send("POST", "/api/auth/linkedin/callback", { body: returned })).status, 201);
      // The identity server takes the code again; we do not take the attempt.
      assertProblem(await send("POST", "/api/auth/linkedin/callback", { body: returned }), 422, "linkedin_attempt_invalid");
    });

    test("an address that only LinkedIn has verified takes over no account", async () => {
      const send = sendOf();
      // A password that the local cloud does not know from a breach.
      const account = { ...registration(), password: "kumquat marmalade seven" };
      assert.equal((await send("POST", "/api/auth/register", { body: account })).status, 201);
      const { email, password } = account;
      member = { ...somebody(host), email };
      assertProblem(await signIn(send), 409, "account_unverified");
      member = { ...somebody(host), email, email_verified: false };
      assertProblem(await signIn(send), 409, "linkedin_email_unverified");
      assert.equal((await send("POST", "/api/auth/login", { body: { email, password } })).status, 200);
    });

    test("an ID token of another time, application, issuer, person or sign-in signs nobody in", async () => {
      const send = sendOf();
      const now = Math.floor(Date.now() / 1000);
      const changes = [
        { exp: now - 3600 },
        { iat: now + 3600 },
        { aud: "another" },
        { iss: "https://www.linkedin.com/oauth" },
        { sub: "somebody else" },
        { nonce: "another" },
      ];
      for (const change of changes) {
        member = somebody(host);
        changeToken = (token) => Object.assign(token.payload, change);
        assertProblem(await signIn(send), 500, "internal");
      }
      changeToken = () => {};
      assert.equal((await signIn(send)).status, 201);
    });
  });
}

test("an account that the Worker made is known to the functions on the other host", async () => {
  member = somebody("both");
  const { body } = await signIn(worker.send);
  const response = await fetch(`${cloud.apiUrl}/api/organizations`, { headers: { authorization: `Bearer ${body.accessToken}` } });
  const { data } = await response.json();
  assert.deepEqual(data.map(({ name, personal }) => [name, personal]), [["Ada Lovelace", true]]);
});

// This starts the Worker again, so it comes last.
test("half a configuration is none, and the log says which half is missing", async () => {
  await worker.restart({ ...variables, LINKEDIN_CLIENT_SECRET: "" });
  assert.equal((await worker.send("GET", "/api/health")).status, 500);
  const log = worker.logs().map(({ message }) => message).join("\n");
  assert.ok(log.includes("LINKEDIN_CLIENT_SECRET is missing"), log);
  await worker.restart({ FRONTEND_URL });
  assertProblem(await worker.send("POST", "/api/auth/linkedin/start"), 404, "linkedin_not_configured");
});
