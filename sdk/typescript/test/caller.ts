// A program that calls Farebook through this client for one of another language, which knows the answers that it needs: the travellers of
// `make storm`. `node caller.js PORT` takes {path, key, apiKey, body} by POST and answers {status, again, text}.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createFarebook, type components, type Farebook } from "../src/index.js";
import { environment } from "./farebook.js";

/** How long a call may take with its retries, in milliseconds. Its caller then repeats it under the same key. */
const patienceMs = 30_000;

interface Call {
  path: string;
  key: string;
  apiKey: string;
  /** The request; absent for a GET and for an action without one. */
  body?: unknown;
}

type Schemas = components["schemas"];

/** send calls the method of a path. What it throws has no answer: the connection broke too often, or the patience has ended. */
function send(farebook: Farebook, { path, key, body }: Call, signal: AbortSignal): Promise<{ response: Response }> {
  const [, , , reference = "", action = ""] = path.split("/");
  const header = { "Idempotency-Key": key };
  const params = { header, path: { reference } };
  if (key === "") {
    return farebook.GET("/v1/bookings/{reference}", { params: { path: { reference } }, signal });
  }
  switch (action) {
    case "":
      return farebook.POST("/v1/bookings", { params: { header }, body: body as Schemas["BookingBody"], signal });
    case "cancel":
      return farebook.POST("/v1/bookings/{reference}/cancel", { params, signal });
    case "payment-link":
      return farebook.POST("/v1/bookings/{reference}/payment-link", { params, signal });
    case "capture":
      return farebook.POST("/v1/bookings/{reference}/capture", { params, body: body as Schemas["CaptureBody"], signal });
    case "refunds":
      return farebook.POST("/v1/bookings/{reference}/refunds", { params, body: body as Schemas["RefundBody"], signal });
    case "payments":
      return farebook.POST("/v1/bookings/{reference}/payments", { params, body: body as Schemas["SupplementBody"], signal });
    default:
      throw new Error(`no method of the client calls ${path}`);
  }
}

/** call returns the answer byte for byte, and whether a caller should repeat what the client does not. */
async function call(asked: Call) {
  let last = "";
  const farebook = createFarebook({
    baseUrl: environment("FAREBOOK_API_URL"), apiKey: asked.apiKey,
    fetch: async (request) => {
      const response = await fetch(request);
      last = await response.clone().text();
      return response;
    },
  });
  const { response } = await send(farebook, asked, AbortSignal.timeout(patienceMs));
  return { status: response.status, again: response.status >= 500 || response.headers.has("Retry-After"), text: last };
}

const server = createServer((request, response) => {
  text(request)
    .then((asked) => call(JSON.parse(asked) as Call))
    .then((answer) => response.end(JSON.stringify(answer)))
    .catch((failure: unknown) => {
      console.error(String(failure));
      response.writeHead(502).end();
    });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log(`listens at ${(server.address() as AddressInfo).port}`));
