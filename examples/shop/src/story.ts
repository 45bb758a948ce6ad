// The story of the shop, without a browser: each sale ends as the airline lets it, and the money follows the ticket.
import assert from "node:assert/strict";
import type { Behaviour } from "./airline.js";
import { assemble, environment } from "./parts.js";
import type { Order, Outcome } from "./sale.js";
import { Shop } from "./shop.js";

const parts = await assemble({ ticketMs: 2_500, attemptMs: 600, pollMs: 60_000 });
const shop = new Shop(parts, (text) => console.log(`   ${text}`));

/** Pays at Stripe's stand-in, as the script of the payment page does in a browser. */
async function pay(paymentIntentId: string, card: string): Promise<void> {
  const response = await fetch(`${environment("STRIPE_API_BASE")}/v1/payment_intents/${paymentIntentId}/confirm`, {
    method: "POST",
    headers: { Authorization: `Bearer ${environment("STRIPE_SECRET_KEY")}` },
    body: new URLSearchParams({ payment_method: card, return_url: "https://shop.example/orders" }),
  });
  await response.body?.cancel();
  console.log(`   pays with ${card}: ${response.status === 200 ? "accepted" : "declined"}`);
}

interface Chapter {
  title: string;
  airline: Behaviour;
  capture?: Order["capture"];
  cards?: string[];
  ends: Outcome["result"];
  /** What the booking ends as, and what of its money stays: minor units. */
  status: string;
  kept: number;
}

const price = 45900;
const chapters: Chapter[] = [
  { title: "A good day", airline: "issues", ends: "sold", status: "confirmed", kept: price },
  { title: "The first card is declined", airline: "issues", cards: ["pm_card_chargeDeclined", "pm_card_visa"], ends: "sold", status: "confirmed", kept: price },
  { title: "The airline fails twice", airline: "fails twice", ends: "sold", status: "confirmed", kept: price },
  { title: "The airline has no seat left", airline: "is full", ends: "money released", status: "cancelled", kept: 0 },
  { title: "The airline does not answer", airline: "hangs", ends: "money released", status: "cancelled", kept: 0 },
  { title: "The airline issues the ticket and does not answer", airline: "issues and hangs", ends: "sold", status: "confirmed", kept: price },
  { title: "Paid at once, and no seat left", airline: "is full", capture: "automatic", ends: "money refunded", status: "refunded", kept: 0 },
];

async function tell(chapter: Chapter): Promise<void> {
  console.log(`\n${chapter.title}`);
  const flight = parts.airline.flights[0];
  assert.ok(flight, "the airline has flights");
  const sale = await shop.sell(flight, { name: "Layla Haddad", email: "layla@example.com" }, chapter.capture ?? "manual",
    (order) => parts.airline.behave(order.id, chapter.airline));
  for (const card of chapter.cards ?? ["pm_card_visa"]) {
    await pay(sale.paymentIntentId, card);
  }
  const outcome = await sale.outcome;
  assert.equal(outcome.result, chapter.ends);
  const booking = await parts.bookings.read(sale.reference);
  assert.equal(booking.status, chapter.status);
  const kept = (booking.payment?.amountCaptured ?? 0) - (booking.payment?.amountRefunded ?? 0);
  assert.equal(kept, chapter.kept, "what the shop keeps");
  console.log(`   ends: ${outcome.result}; of $${(price / 100).toFixed(2)}, the shop keeps $${(kept / 100).toFixed(2)}`);
}

try {
  for (const chapter of chapters) {
    await tell(chapter);
  }
  assert.equal(parts.bookings.polls, 0, "the shop had to poll for what a webhook should have told it");
  console.log(`\n${chapters.length} sales, and the money followed the ticket in each.`);
} finally {
  await parts.stop();
}
