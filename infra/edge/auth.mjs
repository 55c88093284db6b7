// The entry of the auth Worker. infra/edge/build-workers makes what it imports.
import wasm from "../../target/workers/auth/index_bg.wasm";
import * as program from "../../target/workers/auth/index.js";
import { guardAgainstPanics } from "./panic_guard.mjs";

program.initSync({ module: wasm });

export default { fetch: guardAgainstPanics(program) };
