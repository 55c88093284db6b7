// Starts workerd, Cloudflare's runtime, by itself: no bundler and no simulated platform around it, as measuring and many instances want it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

import { LEDGER_TABLE_NAME, TABLE_NAME } from "./local_cloud.mjs";

const REPOSITORY = path.resolve(import.meta.dirname, "../..");
/** What infra/edge/build-workers made. */
const BUILT = "target/workers/auth";
const START_DEADLINE_MS = 30_000;
/** So many lines of the log are kept, for the report of a failure. */
const LOG_LINES = 200;

/** The program itself: what wrangler's package is a wrapper of. */
const PROGRAM = createRequire(import.meta.url)("workerd").default;

/** The variables with which the auth Worker runs on the table at `awsUrl`. */
export function variables(awsUrl, environment = "test") {
  return {
    ENVIRONMENT: environment,
    AWS_REGION: "eu-west-1",
    TABLE_NAME,
    LEDGER_TABLE_NAME,
    AWS_ENDPOINT_URL_DYNAMODB: awsUrl,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  };
}

/** The modules of the auth Worker as it is deployed, by their paths in the repository, from its entry on. */
export async function workerModules() {
  const snippets = await readdir(path.join(REPOSITORY, BUILT, "snippets"), { recursive: true });
  const names = ["infra/edge/auth.mjs", "infra/edge/panic_guard.mjs", `${BUILT}/index.js`, `${BUILT}/index_bg.wasm`];
  return [...names, ...snippets.filter((name) => name.endsWith(".js")).map((name) => `${BUILT}/snippets/${name}`)].map((name) => ({ name }));
}

/** The modules of the auth Worker behind the entry that only tests have. */
export async function testModules() {
  // The entry makes new instances as the program itself does after a panic, by a function that it keeps to itself.
  const program = `${BUILT}/index.js`;
  const opened = { name: program, source: `${await read(program)}\nexport { __wbg_reset_state };\n` };
  const others = (await workerModules()).filter(({ name }) => name !== program);
  return [{ name: "infra/edge/test_entry.mjs" }, ...others, opened];
}

const read = (name) => readFile(path.join(REPOSITORY, name), "utf8");

/**
 * Starts one workerd with these Workers, each of its `modules` (the first is the entry; without a `source` it is the file of its name) and
 * `bindings`: the address of each in their order, the log's last lines, when the process was started (by `performance.now()`), and what
 * stops it.
 */
export async function startWorkerd(workers) {
  const directory = await mkdtemp(path.join(tmpdir(), "workerd-"));
  const configuration = path.join(directory, "workerd.capnp");
  await writeFile(configuration, await describe(workers));
  const log = [];
  const spawnedAt = performance.now();
  const program = spawn(PROGRAM, ["serve", "--control-fd=3", `--import-path=${REPOSITORY}`, configuration], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  for (const output of [program.stdout, program.stderr]) {
    createInterface({ input: output }).on("line", (line) => {
      log.push(line);
      if (log.length > LOG_LINES) log.shift();
    });
  }
  const stop = async () => {
    if (program.exitCode === null && program.signalCode === null) {
      program.kill("SIGKILL");
      await once(program, "exit");
    }
    await rm(directory, { recursive: true, force: true });
  };
  try {
    return { urls: await addresses(program, workers.length, log), log, spawnedAt, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** workerd tells each port that it listens on with a line of JSON. */
async function addresses(program, count, log) {
  const urls = [];
  const all = new Promise((resolve, reject) => {
    createInterface({ input: program.stdio[3] }).on("line", (line) => {
      const { event, socket, port } = JSON.parse(line);
      if (event !== "listen") return;
      urls[Number(socket.replace("worker-", ""))] = `http://127.0.0.1:${port}`;
      if (Object.keys(urls).length === count) resolve(urls);
    });
    program.once("error", reject);
    program.once("exit", (code) => reject(new Error(`workerd ended with ${code} before it was ready:\n${log.join("\n")}`)));
    setTimeout(() => reject(new Error(`workerd was not ready in ${START_DEADLINE_MS} ms`)), START_DEADLINE_MS).unref();
  });
  return all;
}

// Cap'n Proto writes texts as C does, and JSON almost so.
const text = JSON.stringify;

async function describe(workers) {
  const date = /^compatibility_date = "(.+)"$/m.exec(await read("wrangler.toml"))[1];
  const services = workers.map(({ modules, bindings }, number) => {
    const described = `compatibilityDate = ${text(date)}, modules = [${modules.map(describeModule)}], bindings = [${Object.entries(bindings).map(describeBinding)}]`;
    return `(name = "worker-${number}", worker = (${described}))`;
  });
  const sockets = workers.map((_, number) => `(name = "worker-${number}", address = "127.0.0.1:0", http = (), service = "worker-${number}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [${services}, (name = "internet", network = (allow = ["public", "private"]))],
  sockets = [${sockets}],
);
`;
}

function describeModule({ name, source }) {
  const content = source === undefined ? `embed ${text(`/${name}`)}` : text(source);
  return `(name = ${text(name)}, ${name.endsWith(".wasm") ? "wasm" : "esModule"} = ${content})`;
}

function describeBinding([name, value]) {
  return `(name = ${text(name)}, text = ${text(value)})`;
}
