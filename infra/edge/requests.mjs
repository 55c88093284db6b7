// Requests to a Worker and what tests expect of the answers.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

export const PASSWORD = "correct horse battery staple";

/**
 * Makes a function that sends a request: its answer's status, headers and body, read as JSON where it is. `fetchFrom(path, init)` is the
 * Worker's `fetch`.
 */
export function sender(fetchFrom) {
  return async function send(method, path, { body, token, headers } = {}) {
    const response = await fetchFrom(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}

/** What registers an account of its own each time. */
export function registration() {
  return { email: `${randomUUID()}@example.com`, password: PASSWORD, name: "Ada" };
}

/** A new account: its address and the answer to its registration. */
export async function register(send) {
  const body = registration();
  const answer = await send("POST", "/api/auth/register", { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return { email: body.email, ...answer.body };
}

export function assertProblem(answer, status, code) {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(answer.body.status, status);
  assert.equal(answer.body.code, code);
}
