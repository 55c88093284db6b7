// Stands between a Worker and the table, to see what the Worker does when the table is ill.
import { once } from "node:events";
import { createServer } from "node:http";

/**
 * A proxy to `target` whose `next` faults are what comes: "fail" answers 500, "hang" never answers, and without one the request passes.
 * `always` is the fault of every request for which `next` has none.
 */
export async function startFaultyProxy(target) {
  const proxy = { next: [], always: undefined, requests: 0 };
  const server = createServer(async (request, response) => {
    proxy.requests += 1;
    const body = Buffer.concat(await Array.fromAsync(request));
    const fault = proxy.next.shift() ?? proxy.always;
    if (fault === "hang") return;
    if (fault === "fail") {
      response.writeHead(500).end("{}");
      return;
    }
    const { "x-amz-target": operation, "content-type": contentType } = request.headers;
    const answer = await fetch(target, { method: "POST", headers: { "x-amz-target": operation, "content-type": contentType }, body });
    response.writeHead(answer.status, { "content-type": contentType }).end(Buffer.from(await answer.arrayBuffer()));
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
