import { createFarebook } from "farebook";
import { Airline } from "./airline.js";
import { Bookings } from "./bookings.js";
import { TicketDesk } from "./tickets.js";
import { Webhooks } from "./webhooks.js";

export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`${name} is not set: run \`. var/dev.env\` beside \`make up\`, or \`make shop\``);
  }
  return value;
}

/** Connects the shop to Farebook, whose webhooks it receives, and to an airline that it starts. */
export async function assemble(limits: { ticketMs: number; attemptMs: number; pollMs: number }) {
  const airline = new Airline();
  const address = await airline.start();
  const farebook = createFarebook({ baseUrl: environment("FAREBOOK_API_URL"), apiKey: environment("FAREBOOK_API_KEY") });
  const bookings = new Bookings(farebook, limits.pollMs);
  const webhooks = new Webhooks(farebook, bookings);
  await webhooks.start();
  return {
    airline, farebook, bookings,
    tickets: new TicketDesk(address, limits.ticketMs, limits.attemptMs),
    stop: async () => {
      airline.stop();
      await webhooks.stop();
    },
  };
}
