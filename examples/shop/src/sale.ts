// The sale of a ticket: a saga over the airline and Farebook. Each step has a key that derives from the order, so that the whole sale can
// be repeated from the beginning at any time.
import { FarebookError, ok, type Farebook } from "farebook";
import type { Flight } from "./airline.js";
import type { Bookings } from "./bookings.js";
import type { TicketDesk } from "./tickets.js";

export interface Order {
  id: string;
  flight: Flight;
  name: string;
  email: string;
  /** manual takes the money after the ticket is issued; automatic takes it first, and refunds it when ticketing fails. */
  capture: "manual" | "automatic";
}

export interface Parts {
  farebook: Farebook;
  bookings: Bookings;
  tickets: TicketDesk;
  say: (text: string) => void;
}

/** How a sale has ended. */
export type Outcome =
  | { result: "sold"; ticket: string }
  | { result: "not paid"; status: string }
  | { result: "money released" | "money refunded"; because: string };

/** Takes the booking, and prepares its payment. Asked again, it returns the same booking. */
export async function book({ farebook }: Parts, order: Order) {
  const { number, from, to, departsAt, arrivesAt, price } = order.flight;
  return ok(farebook.POST("/v1/bookings", {
    params: { header: { "Idempotency-Key": order.id } },
    body: {
      customer: { name: order.name, email: order.email, locale: "en" },
      amount: { value: price, currency: "USD" },
      flight: { number, from, to, departsAt, arrivesAt, passengers: [{ name: order.name }] },
      capture: order.capture,
    },
  }));
}

/** Waits for the payment, has the ticket issued, and takes the money or lets it go. */
export async function settle(parts: Parts, order: Order, reference: string): Promise<Outcome> {
  const { bookings, tickets, say } = parts;
  const paid = await bookings.until(reference, (booking) => booking.status !== "pending_payment" || booking.payment?.status === "authorized");
  if (paid.payment?.status === "authorized") {
    say("authorised: the money is reserved, not taken");
  } else if (paid.status === "confirmed") {
    say("paid");
  } else {
    return { result: "not paid", status: paid.status };
  }
  const ticketing = await tickets.issue(order.id);
  if ("refused" in ticketing) {
    say(`no ticket: ${ticketing.refused}`);
    return letGo(parts, order, reference, ticketing.refused);
  }
  say(`ticket ${ticketing.ticket} issued`);
  if (order.capture === "automatic") {
    return { result: "sold", ticket: ticketing.ticket };
  }
  return capture(parts, order, reference, ticketing.ticket);
}

async function capture(parts: Parts, order: Order, reference: string, ticket: string): Promise<Outcome> {
  const { farebook, bookings, say } = parts;
  try {
    await ok(farebook.POST("/v1/bookings/{reference}/capture", {
      params: { path: { reference }, header: { "Idempotency-Key": `${order.id}/capture` } },
    }));
  } catch (error) {
    if (error instanceof FarebookError && error.status === 409) {
      return letGo(parts, order, reference, `the money cannot be taken: ${error.message}`); // the authorisation has expired, for example
    }
    throw error;
  }
  const booking = await bookings.until(reference, (one) => one.status !== "pending_payment");
  say(`captured: the booking is ${booking.status}`);
  return { result: "sold", ticket };
}

/** The order is void at the airline before its money goes back: a ticket that is issued late would otherwise be free. */
async function letGo(parts: Parts, order: Order, reference: string, because: string): Promise<Outcome> {
  const { farebook, bookings, tickets, say } = parts;
  await tickets.void(order.id);
  say("the order is void at the airline");
  const at = { path: { reference } };
  if (order.capture === "manual") {
    await ok(farebook.POST("/v1/bookings/{reference}/cancel", { params: { ...at, header: { "Idempotency-Key": `${order.id}/cancel` } } }));
    await bookings.until(reference, (booking) => booking.status === "cancelled");
    say("cancelled: the money is free again");
    return { result: "money released", because };
  }
  // A refund instead of a cancellation: the refund policy is for travellers who change their mind, and all of this money goes back.
  await ok(farebook.POST("/v1/bookings/{reference}/refunds", { params: { ...at, header: { "Idempotency-Key": `${order.id}/refund` } } }));
  await bookings.until(reference, (booking) => booking.status === "refunded");
  say("refunded");
  return { result: "money refunded", because };
}
