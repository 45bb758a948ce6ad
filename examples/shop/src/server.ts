// The shop's site: two flights, an order, and what became of it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { bodyOf, listen } from "./http.js";
import { assemble } from "./parts.js";
import { Shop, type Sale } from "./shop.js";

const parts = await assemble({ ticketMs: 20_000, attemptMs: 5_000, pollMs: 30_000 });
const shop = new Shop(parts, (text) => console.log(text));

const escape = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page(response: ServerResponse, status: number, title: string, body: string): void {
  response.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; form-action *",
  }).end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>${body}`);
}

function flights(response: ServerResponse): void {
  const forms = parts.airline.flights.map((flight) => `<form method="post" action="/orders">
    <h2>${flight.number} ${flight.from} to ${flight.to}, ${flight.departsAt}, $${(flight.price / 100).toFixed(2)}</h2>
    <input type="hidden" name="flight" value="${flight.number}">
    <label>Name <input name="name" required></label> <label>Email <input name="email" type="email" required></label>
    <button>Buy</button></form>`);
  page(response, 200, "Two flights to Dubai", forms.join(""));
}

async function order(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await bodyOf(request));
  const flight = parts.airline.flights.find((one) => one.number === form.get("flight"));
  if (flight === undefined) {
    return page(response, 404, "No such flight", `<p><a href="/">Back</a></p>`);
  }
  const sale = await shop.sell(flight, { name: form.get("name") ?? "", email: form.get("email") ?? "" });
  response.writeHead(303, { Location: sale.paymentPage ?? `/orders/${sale.order.id}` }).end();
}

function show(response: ServerResponse, sale: Sale | undefined): void {
  if (sale === undefined) {
    return page(response, 404, "No such order", `<p><a href="/">Back</a></p>`);
  }
  const pay = sale.paymentPage === undefined ? "" : `<p><a href="${escape(sale.paymentPage)}">Pay</a></p>`;
  page(response, 200, `Order ${sale.reference}`, `<ul>${sale.said.map((text) => `<li>${escape(text)}</li>`).join("")}</ul>${pay}`);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? "/", "http://shop").pathname;
  if (request.method === "GET" && path === "/") {
    return flights(response);
  }
  if (request.method === "POST" && path === "/orders") {
    return order(request, response);
  }
  if (request.method === "GET" && path.startsWith("/orders/")) {
    return show(response, shop.sales.get(path.slice("/orders/".length)));
  }
  page(response, 404, "Not found", `<p><a href="/">Back</a></p>`);
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    parts.stop().catch((error: unknown) => console.error(`the webhook endpoint is left behind: ${String(error)}`)).finally(() => process.exit());
  });
}

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => page(response, 502, "Not done", `<p>${escape(String(error))}</p>`));
});
console.log(`the shop is open at ${await listen(server, Number(process.env["SHOP_PORT"] ?? 0))}`);
