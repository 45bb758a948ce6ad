// What the tests share: a running Farebook, whose addresses the environment has, and the traveller's browser.
import { createFarebook, type Farebook, type FarebookOptions } from "../src/index.js";

export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: run the tests by \`make sdk\``);
  }
  return value;
}

export function connect(options: Partial<FarebookOptions> = {}): Farebook {
  return createFarebook({ baseUrl: environment("FAREBOOK_API_URL"), apiKey: environment("FAREBOOK_API_KEY"), ...options });
}

/** A booking of $459.00 that departs in thirty days. */
export function request() {
  const departs = new Date(Date.now() + 30 * 24 * 3600_000);
  const arrives = new Date(departs.getTime() + 7 * 3600_000);
  return {
    customer: { name: "Layla Haddad", email: "layla@example.com", locale: "en" as const },
    amount: { value: 45900, currency: "USD" },
    flight: {
      number: "EK2", from: "LHR", to: "DXB", departsAt: departs.toISOString(), arrivesAt: arrives.toISOString(),
      passengers: [{ name: "Layla Haddad" }],
    },
  };
}

/** Pays as the traveller's browser does. */
export async function pay(paymentIntentId: string, card = "pm_card_visa"): Promise<number> {
  const response = await fetch(`${environment("STRIPE_API_BASE")}/v1/payment_intents/${paymentIntentId}/confirm`, {
    method: "POST",
    headers: { Authorization: `Bearer ${environment("STRIPE_SECRET_KEY")}` },
    body: new URLSearchParams({ payment_method: card, return_url: "https://example.com/return" }),
  });
  await response.body?.cancel();
  return response.status;
}

/** Repeats a read until it shows what is awaited. */
export async function eventually<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  const until = Date.now() + 60_000;
  for (;;) {
    const value = await read();
    if (holds(value)) {
      return value;
    }
    if (Date.now() > until) {
      throw new Error(`still ${JSON.stringify(value)} after a minute`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
