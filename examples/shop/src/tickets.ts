// The shop's side of the airline: asks for a ticket within a limit, and finds out what came of a request without an answer.
import { pause } from "./http.js";

/** What is known of an order's ticket. */
export type Ticketing = { ticket: string } | { refused: string };

export class TicketDesk {
  constructor(private readonly airline: string, private readonly limitMs: number, private readonly attemptMs: number) {}

  /** Asks for the ticket of an order until the airline issues it, refuses it, or the limit is over. */
  async issue(order: string): Promise<Ticketing> {
    const until = Date.now() + this.limitMs;
    for (let wait = 50; Date.now() < until; wait *= 2) {
      const answer = await this.#ask("POST", order, "ticket", Math.min(this.attemptMs, until - Date.now()));
      if (answer?.status === 201) {
        return { ticket: answer.body.ticket as string };
      }
      if (answer !== undefined && answer.status < 500) {
        return { refused: String(answer.body.error) };
      }
      await pause(Math.min(wait, Math.max(0, until - Date.now())));
    }
    return this.#settle(order);
  }

  /** Voids an order until the airline confirms it: only then is it certain that no ticket will be issued. */
  async void(order: string): Promise<void> {
    for (let wait = 50; ; wait = Math.min(wait * 2, 5_000)) {
      if ((await this.#ask("POST", order, "void", this.attemptMs))?.status === 200) {
        return;
      }
      await pause(wait);
    }
  }

  /** The request took too long. It may have been carried out, so the airline is asked. */
  async #settle(order: string): Promise<Ticketing> {
    const known = await this.#ask("GET", order, "", this.attemptMs);
    if (typeof known?.body.ticket === "string") {
      return { ticket: known.body.ticket };
    }
    return { refused: `the airline has not answered within ${this.limitMs} ms` };
  }

  /** undefined stands for an unknown outcome. */
  async #ask(method: string, order: string, action: string, limitMs: number): Promise<{ status: number; body: Record<string, unknown> } | undefined> {
    try {
      const response = await fetch(`${this.airline}/orders/${order}${action === "" ? "" : `/${action}`}`, {
        method, signal: AbortSignal.timeout(Math.max(1, limitMs)),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    } catch {
      return undefined;
    }
  }
}
