// The entry of the auth Worker in tests that hold its time, its randomness and its table in their hands. It is never deployed:
// wrangler.toml names auth.mjs, and the program itself knows nothing of these headers.
//
//   test-table: URL          the table; a URL not seen before makes a new instance, which remembers nothing
//   test-time: NUMBER        the time, in milliseconds since 1970; it stands still during the request
//   test-address: IP         where the request comes from, as Cloudflare would say it
//   test-randomness: none    the runtime has no random bytes for this request, which the program answers with a panic
import { __wbg_reset_state } from "../../target/workers/auth/index.js";
import worker from "./auth.mjs";

let timeMs;
const TrueDate = Date;
globalThis.Date = class extends TrueDate {
  constructor(...parts) {
    if (parts.length === 0 && timeMs !== undefined) super(timeMs);
    else super(...parts);
  }

  static now() {
    return timeMs ?? TrueDate.now();
  }
};

let hasRandomness = true;
const trueRandomness = crypto.getRandomValues.bind(crypto);
crypto.getRandomValues = (bytes) => {
  if (!hasRandomness) throw new Error("the test has taken the random bytes away");
  return trueRandomness(bytes);
};

const seen = new Set();
let current;

/** Sees to it that the instance that this table's requests belong to answers. */
function enter(table) {
  if (table === current) return true;
  if (seen.has(table)) return false;
  if (current !== undefined) __wbg_reset_state();
  seen.add(table);
  current = table;
  return true;
}

export default {
  fetch(request, environment, context) {
    const table = request.headers.get("test-table") ?? environment.AWS_ENDPOINT_URL_DYNAMODB;
    if (!enter(table)) return new Response("the instance of this table made room for another one", { status: 410 });
    const time = request.headers.get("test-time");
    timeMs = time === null ? undefined : Number(time);
    hasRandomness = request.headers.get("test-randomness") !== "none";
    const address = request.headers.get("test-address");
    const headers = new Headers(request.headers);
    headers.delete("cf-connecting-ip");
    if (address !== null) headers.set("cf-connecting-ip", address);
    const seenBy = { ...environment, AWS_ENDPOINT_URL_DYNAMODB: table };
    return worker.fetch(new Request(request, { headers }), seenBy, context);
  },
};
