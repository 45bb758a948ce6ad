import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { webhooks } from "./schema.js";

export { WebhookVerificationError };

/** The headers of a request, as node:http or fetch have them. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

/**
 * An event of one of the types in the OpenAPI document, which `type` tells apart. It says that something happened: read the object at the
 * API before you act on it. A newer Farebook may send more types.
 */
export type WebhookEvent = {
  [Type in keyof webhooks]: webhooks[Type]["post"]["requestBody"]["content"]["application/json"];
}[keyof webhooks];

/**
 * Verifies a webhook of Farebook's (Standard Webhooks, standardwebhooks.com) and returns its event, or throws a WebhookVerificationError.
 * Pass the body as it arrived, byte for byte: a parsed and encoded one has another signature. During a rotation of the secret, pass both.
 * A webhook that is more than five minutes old is refused. Deliveries are repeated: keep `webhook-id` of those that you have handled.
 */
export function verifyWebhook(body: string | Uint8Array, headers: WebhookHeaders, secrets: string | readonly string[]): WebhookEvent {
  const text = typeof body === "string" ? body : Buffer.from(body).toString("utf8");
  const given = plain(headers);
  let refused: unknown = new WebhookVerificationError("No secret was given");
  for (const secret of typeof secrets === "string" ? [secrets] : secrets) {
    try {
      return new Webhook(secret).verify(text, given) as WebhookEvent;
    } catch (error) {
      refused = error;
    }
  }
  throw refused;
}

const names = ["webhook-id", "webhook-timestamp", "webhook-signature"] as const;

function plain(headers: WebhookHeaders): Record<string, string> {
  const read = (name: string): string | undefined => {
    const value = headers instanceof Headers ? headers.get(name) : headers[name];
    return Array.isArray(value) ? value[0] : (value ?? undefined);
  };
  return Object.fromEntries(names.flatMap((name) => {
    const value = read(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
