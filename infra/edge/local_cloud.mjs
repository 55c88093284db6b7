// Starts the local cloud for a test: the whole platform in memory, with its table behind AWS's own protocol.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const TARGET_DIRECTORY = process.env.CARGO_TARGET_DIR ?? path.resolve(import.meta.dirname, "../../target");
/** The program that `cargo build --bin groundwork` makes. */
const PROGRAM = path.join(TARGET_DIRECTORY, "debug", "groundwork");
/** In memory, on ports that are free. */
const ARGUMENTS = ["--memory", "--port", "0", "--aws-port", "0"];
/** What it says once it is ready, each on a line of its own. */
const API_LINE = /^ +API +(http:\S+?)\/api\/health/;
const AWS_LINE = /^ +AWS endpoint +(http:\S+)/;
const START_DEADLINE_MS = 30_000;

/** Its table's name. */
export const TABLE_NAME = "groundwork-local-platform";
export const LEDGER_TABLE_NAME = "groundwork-local-ledger";

/** Starts it, with these variables besides, and waits until it is ready: where its API and its AWS endpoint are, and what stops it. */
export async function startLocalCloud(variables = {}) {
  const directory = await mkdtemp(path.join(tmpdir(), "groundwork-"));
  const program = spawn(PROGRAM, ARGUMENTS, {
    env: { ...process.env, GROUNDWORK_DATA_DIR: directory, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async () => {
    if (program.exitCode === null && program.signalCode === null) {
      program.kill("SIGKILL");
      await once(program, "exit");
    }
    await rm(directory, { recursive: true, force: true });
  };
  try {
    return { ...(await addresses(program)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function addresses(program) {
  const ended = once(program, "exit").then(([code]) => {
    throw new Error(`the local cloud ended with ${code} before it was ready`);
  });
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`the local cloud was not ready in ${START_DEADLINE_MS} ms`)), START_DEADLINE_MS).unref();
  });
  return Promise.race([readAddresses(program.stdout), ended, late]);
}

async function readAddresses(output) {
  const lines = createInterface({ input: output });
  let apiUrl;
  for await (const line of lines) {
    apiUrl ??= API_LINE.exec(line)?.[1];
    const awsUrl = AWS_LINE.exec(line)?.[1];
    if (apiUrl && awsUrl) {
      // Whatever it says later must not fill the pipe.
      output.resume();
      return { apiUrl, awsUrl };
    }
  }
  throw new Error("the local cloud did not say where it is");
}
