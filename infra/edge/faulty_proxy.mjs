// Stands between a Worker and the table, to see what the Worker does when the table is ill.
import { once } from "node:events";
import { createServer } from "node:http";

const CONTENT_TYPE = "application/x-amz-json-1.0";

/** DynamoDB's answer with the error `code`; a cancelled transaction comes with the reasons of its items. */
function failure(status, code, message, more = {}) {
  return { status, body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message, Message: message, ...more }) };
}

function conflict(body) {
  const reasons = JSON.parse(body).TransactItems.map(() => ({ Code: "None" }));
  reasons[0] = { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" };
  return failure(400, "TransactionCanceledException", "Transaction cancelled [TransactionConflict]", { CancellationReasons: reasons });
}

/** Answers that do not reach the table: the status and the body, made from the request's body. */
const ANSWERS = {
  "server error": () => failure(500, "InternalServerError", "it failed"),
  "empty server error": () => ({ status: 500, body: "{}" }),
  unavailable: () => ({ status: 503, body: "Service Unavailable" }),
  "throughput exceeded": () => failure(400, "ProvisionedThroughputExceededException", "slow down"),
  throttling: () => failure(400, "ThrottlingException", "Rate of requests exceeds the allowed throughput."),
  "request limit": () => failure(400, "RequestLimitExceeded", "Throughput exceeds the current throughput limit for your account."),
  conflict,
  "access denied": () => failure(400, "AccessDeniedException", "User: arn:aws:iam::123456789012:user/auth-worker is not authorized to perform this"),
  "unknown table": () => failure(400, "ResourceNotFoundException", "Requested resource not found: groundwork-secret-table"),
  "garbage with 200": () => ({ status: 200, body: "<html>it works</html>" }),
  "garbage with 400": () => ({ status: 400, body: "\u0000not { json" }),
  "nothing with 200": () => ({ status: 200, body: "" }),
};

/** Faults of the connection: what becomes of the request, given its answer from the table as a function. */
const CONNECTION_FAULTS = {
  /** Nothing ever comes. */
  hang: async (response, _, proxy) => {
    response.once("close", () => {
      proxy.abandoned += 1;
    });
  },
  /** The connection is closed before anything happened. */
  reset: async (response) => response.socket.resetAndDestroy(),
  /** The table does it, but its answer does not arrive. */
  "answer lost": async (response, answer) => {
    await answer();
    response.socket.resetAndDestroy();
  },
  /** The table does it and says so, but the connection breaks in the middle of the answer. */
  truncated: async (response, answer) => {
    const { status, body } = await answer();
    response.writeHead(status, { "content-type": CONTENT_TYPE, "content-length": body.length + 100 });
    response.write(body.subarray(0, body.length / 2), () => response.socket.resetAndDestroy());
  },
};

/** Every fault there is, by its name. */
const FAULTS = [...Object.keys(ANSWERS), ...Object.keys(CONNECTION_FAULTS)];

/**
 * A proxy to `target`. `faults(operation)` says for each request (`PutItem`, …) which fault it suffers, if any; `requests` are those that
 * came: their `operation` and, of transactions, their client's `token`. `abandoned` is how many of those that hang were given up.
 */
export async function startFaultyProxy(target) {
  const proxy = { faults: () => undefined, requests: [], abandoned: 0 };

  /** The next requests of this operation suffer these faults, one each; the others pass. `always` is for those after them. */
  proxy.inject = (operation, faults, always) => {
    for (const fault of [...faults, ...(always === undefined ? [] : [always])]) {
      if (!FAULTS.includes(fault)) throw new Error(`there is no fault named ${fault}`);
    }
    const left = [...faults];
    proxy.requests = [];
    proxy.abandoned = 0;
    proxy.faults = (name) => (name === operation ? (left.shift() ?? always) : undefined);
  };
  proxy.heal = () => {
    proxy.faults = () => undefined;
    proxy.requests = [];
    proxy.abandoned = 0;
  };
  proxy.count = (operation) => proxy.requests.filter((request) => request.operation === operation).length;

  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request));
    const { "x-amz-target": header } = request.headers;
    const operation = header.split(".").pop();
    proxy.requests.push({ operation, token: JSON.parse(body).ClientRequestToken });
    const answer = async () => {
      const passed = await fetch(target, { method: "POST", headers: { "x-amz-target": header, "content-type": CONTENT_TYPE }, body });
      return { status: passed.status, body: Buffer.from(await passed.arrayBuffer()) };
    };
    const fault = proxy.faults(operation);
    if (fault in CONNECTION_FAULTS) return CONNECTION_FAULTS[fault](response, answer, proxy);
    const { status, body: text } = fault === undefined ? await answer() : ANSWERS[fault](body);
    response.writeHead(status, { "content-type": CONTENT_TYPE }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  proxy.url = `http://127.0.0.1:${server.address().port}`;
  proxy.stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return proxy;
}
