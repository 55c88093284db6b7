// Runs the cases of functions/auth/tests against the Worker under workerd; infra/edge/cases says more.
import { spawn } from "node:child_process";
import { once } from "node:events";

import { startWorkerd, testModules, variables } from "./workerd.mjs";

/** As many as a case has instances at the same time. */
const INSTANCES = 8;

const modules = await testModules();
// Each case brings its table with its requests.
const bindings = variables("http://127.0.0.1:9");
const workerd = await startWorkerd(Array.from({ length: INSTANCES }, () => ({ modules, bindings })));
const environment = { ...process.env, WORKER_URLS: workerd.urls.join(" ") };
const cases = spawn("cargo", ["test", "--package", "auth", "--test", "api", "--", "--test-threads=1", ...process.argv.slice(2)], {
  env: environment,
  stdio: "inherit",
});
const [code] = await once(cases, "exit");
if (code !== 0) process.stderr.write(`The end of workerd's log:\n${workerd.log.slice(-40).join("\n")}\n`);
await workerd.stop();
if (workerd.log.length === 0) throw new Error("no request reached the Worker: the cases ran on something else");
process.exitCode = code ?? 1;
