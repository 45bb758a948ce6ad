import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { verifyWebhook, WebhookVerificationError, type WebhookEvent } from "../src/index.js";

const secret = "whsec_" + Buffer.from("0123456789abcdef01234567").toString("base64");
const other = "whsec_" + Buffer.from("another secret, 24 bytes").toString("base64");
const body = JSON.stringify({
  type: "booking.confirmed", version: 1, timestamp: "2027-03-01T14:20:00Z",
  data: { booking: { reference: "FB-7K2M9QXA", status: "confirmed", amount: { value: 45900, currency: "USD" } } },
} satisfies WebhookEvent);

function signed(at = new Date(), text = body): Record<string, string> {
  return {
    "webhook-id": "msg_1", "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", at, text),
  };
}

test("a webhook that Farebook has signed is an event", () => {
  for (const headers of [signed(), new Headers(signed())]) {
    for (const payload of [body, Buffer.from(body)]) {
      const event = verifyWebhook(payload, headers, secret);
      assert.ok(event.type === "booking.confirmed");
      assert.equal(event.data.booking.reference, "FB-7K2M9QXA");
    }
  }
});

test("during a rotation, either secret may have signed", () => {
  assert.equal(verifyWebhook(body, signed(), [other, secret]).type, "booking.confirmed");
});

for (const [what, verify] of Object.entries({
  "another body": () => verifyWebhook(body.replace("7K2M9QXA", "7K2M9QXB"), signed(), secret),
  "another secret": () => verifyWebhook(body, signed(), other),
  "no secret": () => verifyWebhook(body, signed(), []),
  "no signature": () => verifyWebhook(body, {}, secret),
  "an old time": () => verifyWebhook(body, signed(new Date(Date.now() - 6 * 60_000)), secret),
})) {
  test(`${what} is refused`, () => {
    assert.throws(verify, WebhookVerificationError);
  });
}
