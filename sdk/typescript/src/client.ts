import { randomUUID } from "node:crypto";
import createClient, { type Client, type Middleware } from "openapi-fetch";
import { FarebookError } from "./problem.js";
import { retrying, usualPolicy, type RetryPolicy, type Send } from "./retry.js";
import type { paths } from "./schema.js";

/** How the API is reached, and how often a request is repeated. */
export interface FarebookOptions {
  /** The address of the API, such as https://api.example.com. */
  baseUrl: string;
  /** The key of your client. It is sent as a bearer token, and never logged. */
  apiKey: string;
  /** What differs from the usual policy of retries. */
  retries?: Partial<RetryPolicy>;
  /** How a request is sent; the global fetch by default. */
  fetch?: Send;
}

/** The client: GET and POST take each path of the API, with its parameters, its body and its answer typed. */
export type Farebook = Client<paths>;

/**
 * Returns a client of the API.
 *
 * Each POST carries an Idempotency-Key: yours, or a random one, which stays the same in all retries of one call. Give your own where a
 * request may be repeated by another process or after a crash, such as the id of the order: the answer is then the first one, and nothing
 * is done twice.
 */
export function createFarebook(options: FarebookOptions): Farebook {
  const send: Send = options.fetch ?? ((request) => globalThis.fetch(request));
  const client = createClient<paths>({
    baseUrl: options.baseUrl,
    headers: { Authorization: `Bearer ${options.apiKey}` },
    fetch: retrying(send, { ...usualPolicy, ...options.retries }),
  });
  client.use(idempotencyKeys);
  return client;
}

const idempotencyKeys: Middleware = {
  onRequest({ request }) {
    if (request.method === "POST" && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", randomUUID());
    }
    return request;
  },
};

/**
 * Returns the answer of a call, or throws a FarebookError with the API's problem.
 *
 *     const booking = await ok(farebook.GET("/v1/bookings/{reference}", { params: { path: { reference } } }));
 */
export async function ok<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Exclude<T, undefined>> {
  const { data, error, response } = await call;
  if (!response.ok || data === undefined) {
    throw new FarebookError(response, error);
  }
  return data as Exclude<T, undefined>;
}
