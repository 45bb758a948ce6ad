// What the shop knows of its bookings: always what the API says now. A webhook only says when to read again.
import { ok, type components, type Farebook } from "farebook";

export type Booking = components["schemas"]["BookingView"];

export class Bookings {
  readonly #waiting = new Map<string, Set<() => void>>();
  /** How often a wait took so long that the shop read without having heard anything. */
  polls = 0;

  constructor(private readonly farebook: Farebook, private readonly pollMs: number) {}

  read(reference: string): Promise<Booking> {
    return ok(this.farebook.GET("/v1/bookings/{reference}", { params: { path: { reference } } }));
  }

  /** A webhook about the booking has arrived. */
  heard(reference: string): void {
    for (const wake of this.#waiting.get(reference) ?? []) {
      wake();
    }
  }

  /** Reads the booking until a condition holds: after each webhook, and every pollMs in case that one is late or lost. */
  async until(reference: string, holds: (booking: Booking) => boolean): Promise<Booking> {
    for (;;) {
      const change = this.#change(reference);
      const booking = await this.read(reference);
      if (holds(booking)) {
        change.drop();
        return booking;
      }
      await change.arrive;
    }
  }

  #change(reference: string): { arrive: Promise<void>; drop: () => void } {
    let drop = (): void => undefined;
    const arrive = new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(reference) ?? new Set();
      this.#waiting.set(reference, waiting);
      const timer = setTimeout(() => {
        this.polls++;
        drop();
      }, this.pollMs);
      drop = () => {
        clearTimeout(timer);
        waiting.delete(drop);
        resolve();
      };
      waiting.add(drop);
    });
    return { arrive, drop: () => drop() };
  }
}
