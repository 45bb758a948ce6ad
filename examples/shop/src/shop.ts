// The shop: its orders, and what became of each. The orders are in memory: examples/ticketing keeps them over a crash of the shop.
import type { Flight } from "./airline.js";
import { book, settle, type Order, type Outcome, type Parts } from "./sale.js";

/** A sale as a visitor sees it. */
export interface Sale {
  order: Order;
  reference: string;
  paymentIntentId: string;
  /** Where the traveller pays; undefined where the API has no payment page. */
  paymentPage: string | undefined;
  said: string[];
  outcome: Promise<Outcome>;
}

export interface Buyer {
  name: string;
  email: string;
}

export class Shop {
  readonly sales = new Map<string, Sale>();

  constructor(private readonly parts: Omit<Parts, "say">, private readonly log: (text: string) => void = () => undefined) {}

  /** Takes an order. The sale continues in the background: outcome says how it ends. */
  async sell(flight: Flight, buyer: Buyer, capture: Order["capture"] = "manual", prepare: (order: Order) => void = () => undefined): Promise<Sale> {
    const order: Order = { id: crypto.randomUUID(), flight, ...buyer, capture };
    prepare(order);
    const said: string[] = [];
    const parts: Parts = {
      ...this.parts,
      say: (text) => {
        said.push(text);
        this.log(text);
      },
    };
    const booked = await book(parts, order);
    parts.say(`booked ${booked.reference}`);
    const outcome = settle(parts, order, booked.reference);
    outcome.catch((error: unknown) => parts.say(`the sale has stopped: ${String(error)}`));
    const sale: Sale = {
      order, reference: booked.reference, paymentIntentId: booked.payment.paymentIntentId, paymentPage: booked.payment.url, said, outcome,
    };
    this.sales.set(order.id, sale);
    return sale;
  }
}
