// The airline: a fake with the faults of real ones. It answers late, twice, or not at all, and it may have issued a ticket all the same.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { listen } from "./http.js";

export interface Flight {
  number: string;
  from: string;
  to: string;
  departsAt: string;
  arrivesAt: string;
  /** Minor units of USD. */
  price: number;
}

/** What the airline does with the orders of a passenger's family name. */
export type Behaviour = "issues" | "fails twice" | "is full" | "hangs" | "issues and hangs";

const inDays = (days: number, hours: number) => new Date(Math.floor(Date.now() / 3600_000) * 3600_000 + (days * 24 + hours) * 3600_000).toISOString();

/** The airline's reservation system. An order has one ticket, however often it is asked for; a void order never gets one. */
export class Airline {
  readonly flights: Flight[] = [
    { number: "EK2", from: "LHR", to: "DXB", departsAt: inDays(30, 0), arrivesAt: inDays(30, 7), price: 45900 },
    { number: "EK6", from: "LHR", to: "DXB", departsAt: inDays(30, 6), arrivesAt: inDays(30, 13), price: 52900 },
  ];

  readonly #behaviours = new Map<string, Behaviour>();
  readonly #attempts = new Map<string, number>();
  readonly #orders = new Map<string, { ticket: string } | "void">();
  #next = 1;
  #server: Server | undefined;

  behave(order: string, behaviour: Behaviour): void {
    this.#behaviours.set(order, behaviour);
  }

  async start(): Promise<string> {
    this.#server = createServer((request, response) => this.#serve(request, response));
    return listen(this.#server, 0);
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const [, kind, order = "", action] = new URL(request.url ?? "/", "http://airline").pathname.split("/");
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    };
    switch (`${request.method} ${kind} ${action ?? ""}`) {
      case "GET flights ":
        return answer(200, this.flights);
      case "GET orders ":
        return answer(200, { ticket: this.#ticketOf(order) ?? null, void: this.#orders.get(order) === "void" });
      case "POST orders ticket":
        return this.#issue(order, answer);
      case "POST orders void":
        this.#orders.set(order, "void");
        return answer(200, { void: true });
      default:
        return answer(404, { error: "not found" });
    }
  }

  #issue(order: string, answer: (status: number, body: unknown) => void): void {
    const attempt = (this.#attempts.get(order) ?? 0) + 1;
    this.#attempts.set(order, attempt);
    const behaviour = this.#behaviours.get(order) ?? "issues";
    if (this.#orders.get(order) === "void") {
      return answer(410, { error: "the order is void" });
    }
    switch (behaviour) {
      case "is full":
        return answer(409, { error: "no seat is left" });
      case "fails twice":
        if (attempt <= 2) {
          return answer(503, { error: "try again" });
        }
        break;
      case "hangs":
        return;
      case "issues and hangs":
        this.#ticket(order);
        return;
      case "issues":
        break;
    }
    return answer(201, { ticket: this.#ticket(order) });
  }

  #ticketOf(order: string): string | undefined {
    const known = this.#orders.get(order);
    return typeof known === "object" ? known.ticket : undefined;
  }

  #ticket(order: string): string {
    const known = this.#ticketOf(order) ?? `176-${String(this.#next++).padStart(10, "0")}`;
    this.#orders.set(order, { ticket: known });
    return known;
  }
}
