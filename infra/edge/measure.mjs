// Measures the auth Worker under workerd; infra/edge/measure says what and how.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { arch, availableParallelism } from "node:os";

import { startLocalCloud } from "./local_cloud.mjs";
import { PASSWORD, register, sender } from "./requests.mjs";
import { startWorkerd, variables, workerModules } from "./workerd.mjs";

const [starts, requests] = process.argv.slice(2).map(Number);
/** Of one account so many sign-ins are within its rate limit, with some to spare. */
const SIGN_INS_PER_ACCOUNT = 8;
const SIGN_IN_ACCOUNTS = 4;
/** What a start takes at least: a Worker that does nothing. */
const EMPTY = [{ name: "empty.mjs", source: "export default { fetch: () => new Response() };" }];

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const milliseconds = (values) => `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`;

/** How long `work` takes, in milliseconds. */
async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function times(count, work) {
  const taken = [];
  for (let number = 0; number < count; number += 1) taken.push(await timed(() => work(number)));
  return taken;
}

/** Starts workerd `starts` times: how long until the first answer, and how long the first request took of that. */
async function measureStarts(worker, status) {
  const measured = { start: [], first: [] };
  for (let number = 0; number < starts; number += 1) {
    const workerd = await startWorkerd([worker]);
    try {
      const ask = async () => {
        const answer = await fetch(`${workerd.urls[0]}/api/auth/me`);
        await answer.arrayBuffer();
        assert.equal(answer.status, status);
      };
      measured.first.push(await timed(ask));
      measured.start.push(performance.now() - workerd.spawnedAt);
    } finally {
      await workerd.stop();
    }
  }
  return measured;
}

async function measureWarm(worker) {
  const workerd = await startWorkerd([worker]);
  try {
    const send = sender((path, init) => fetch(workerd.urls[0] + path, init));
    const get = (path, status, token) => async () => assert.equal((await send("GET", path, { token })).status, status);
    const accounts = await Promise.all(Array.from({ length: SIGN_IN_ACCOUNTS }, () => register(send)));
    const token = accounts[0].accessToken;
    const login = async (number) => {
      const { email } = accounts[number % accounts.length];
      assert.equal((await send("POST", "/api/auth/login", { body: { email, password: PASSWORD } })).status, 200);
    };
    // The first ones are not counted: until then the runtime interprets what it later compiles.
    await times(requests, get("/api/auth/me", 200, token));
    return {
      "GET /api/auth/me without a token (no request to the table)": await times(requests, get("/api/auth/me", 401)),
      "GET /api/health (one read of the table)": await times(requests, get("/api/health", 200)),
      "GET /api/auth/me (one read of the table, and another every 4 s)": await times(requests, get("/api/auth/me", 200, token)),
      "POST /api/auth/login (a hash; three requests to the table)": await times(SIGN_INS_PER_ACCOUNT * accounts.length, login),
    };
  } finally {
    await workerd.stop();
  }
}

const cloud = await startLocalCloud();
try {
  // This program's own first request is slower than the next ones.
  await fetch(`${cloud.apiUrl}/api/health`).then((answer) => answer.arrayBuffer());
  const worker = { modules: await workerModules(), bindings: variables(cloud.awsUrl, "production") };
  const auth = await measureStarts(worker, 401);
  const empty = await measureStarts({ modules: EMPTY, bindings: {} }, 200);
  const warm = await measureWarm(worker);
  const { version } = createRequire(import.meta.url)("workerd/package.json");
  console.log(`workerd ${version}, ${arch()}, ${availableParallelism()} processors; milliseconds: median (lowest to highest)

| auth Worker | |
|---|---|
| start of workerd to first answer, ${starts} starts | ${milliseconds(auth.start)} |
| of which the first request | ${milliseconds(auth.first)} |
| the same with an empty Worker | ${milliseconds(empty.start)} |
| of which the first request | ${milliseconds(empty.first)} |
${Object.entries(warm).map(([name, taken]) => `| warm: ${name}, ${taken.length} requests | ${milliseconds(taken)} |`).join("\n")}`);
} finally {
  await cloud.stop();
}
