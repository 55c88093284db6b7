// Answers the requests that a panic leaves without an answer.
//
// A panic stops the WebAssembly instance in the middle of what it does: no promise of a request inside it is ever settled, and the
// runtime would cancel each of those requests as hung, with a page of its own. wasm-bindgen makes a fresh instance for the next
// request (--force-enable-abort-handler); this module sees to those that were inside the old one.

// As shared::problem::Problem::internal, but for the request id, which was lost with the instance.
const PROBLEM = {
  type: "about:blank",
  title: "Internal Server Error",
  status: 500,
  code: "internal",
  detail: "Something went wrong on our side; repeat the request, and tell us if it persists.",
};

// The answers are made anew for each request: one request may not use what was made while another ran.
function internalProblem() {
  return new Response(JSON.stringify(PROBLEM), {
    status: PROBLEM.status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}

/** Wraps the program's `fetch` so that every request is answered, also when the program panics. */
export function guardAgainstPanics(program) {
  const inside = new Set();
  const state = program.__worker_init_state();
  if (!("criticalError" in state)) throw new Error("the worker crate tells of panics in another way than this guard knows");
  let criticalError = false;
  // The program's panic hook sets this property and nothing else, so its setter is where a panic can be noticed.
  Object.defineProperty(state, "criticalError", {
    get: () => criticalError,
    set(value) {
      criticalError = value;
      for (const abandon of inside) abandon();
      inside.clear();
    },
  });

  return async function fetch(request, environment, context) {
    let abandon;
    const abandoned = new Promise((resolve) => {
      abandon = resolve;
    });
    inside.add(abandon);
    try {
      const response = await Promise.race([program.fetch(request, environment, context), abandoned]);
      return response ?? internalProblem();
    } finally {
      inside.delete(abandon);
    }
  };
}
