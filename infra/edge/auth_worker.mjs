// The auth Worker in Cloudflare's own runtime, as wrangler.toml describes it, for tests.
import { createRequire } from "node:module";
import path from "node:path";

import { LEDGER_TABLE_NAME, TABLE_NAME } from "./local_cloud.mjs";
import { sender } from "./requests.mjs";

// `import` does not look into NODE_PATH, where infra/checks/environment says that wrangler is; `require` does.
const { createTestHarness } = createRequire(import.meta.url)("wrangler");

const CONFIGURATION = path.resolve(import.meta.dirname, "../../wrangler.toml");

/** The options of a harness that runs the Worker on the table at `awsUrl`, with these variables besides. */
export function options(awsUrl, variables = {}) {
  return {
    workers: [
      {
        configPath: CONFIGURATION,
        vars: { TABLE_NAME, LEDGER_TABLE_NAME, AWS_ENDPOINT_URL_DYNAMODB: awsUrl, ...variables },
        secrets: { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" },
      },
    ],
  };
}

/** Starts the Worker. */
export async function startAuthWorker(awsUrl, variables) {
  const harness = createTestHarness(options(awsUrl, variables));
  await harness.listen();

  return {
    send: sender((path, init) => harness.fetch(path, init)),
    /** Starts it again with other variables, as a new instance on the same table. */
    restart: (newVariables) => harness.update(options(awsUrl, newVariables)),
    /** What it wrote to the console since it started: the level and the text of each line. */
    logs: () => harness.getLogs(),
    stop: () => harness.close(),
  };
}
