// The shop's receiver of webhooks: Farebook calls it after each change of a booking.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { ok, verifyWebhook, WebhookVerificationError, type Farebook } from "farebook";
import type { Bookings } from "./bookings.js";
import { bodyOf, listen } from "./http.js";

export class Webhooks {
  readonly #server = createServer((request, response) => {
    this.#receive(request, response).catch(() => response.writeHead(500).end()); // Farebook sends it again
  });
  #endpoint: { id: string; secret?: string } | undefined;

  constructor(private readonly farebook: Farebook, private readonly bookings: Bookings) {}

  /**
   * Registers this process at Farebook, whose answer has the signing secret once. A shop with a fixed address does so by hand, and has the
   * secret in its configuration.
   */
  async start(): Promise<void> {
    const address = await listen(this.#server, 0);
    this.#endpoint = await ok(this.farebook.POST("/v1/webhook-endpoints", {
      body: { url: `${address}/farebook`, contactEmail: "hooks@shop.example", description: "Example shop" },
    }));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    if (this.#endpoint !== undefined) {
      await ok(this.farebook.POST("/v1/webhook-endpoints/{id}/remove", {
        params: { path: { id: this.#endpoint.id } }, signal: AbortSignal.timeout(5_000),
      }));
    }
  }

  /** A repetition of an event only wakes a reading once more, so that no ids of events are kept. */
  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    try {
      const event = verifyWebhook(body, request.headers, this.#endpoint?.secret ?? []);
      if ("booking" in event.data) {
        this.bookings.heard(event.data.booking.reference);
      }
      response.writeHead(204).end();
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) {
        throw error;
      }
      response.writeHead(401).end();
    }
  }
}
