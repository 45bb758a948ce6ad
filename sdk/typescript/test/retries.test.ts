import assert from "node:assert/strict";
import { test } from "node:test";
import { ok, type Send } from "../src/index.js";
import { connect, request } from "./farebook.js";

/** Counts what is sent, and lets some answers of the real API be replaced or lost. */
class Wire {
  readonly sent: Request[] = [];
  readonly statuses: number[] = [];
  constructor(private readonly faults: (() => Response)[] = [], private readonly lost = 0) {}

  readonly send: Send = async (call) => {
    this.sent.push(call);
    const fault = this.faults[this.sent.length - 1];
    if (fault !== undefined) {
      return fault();
    }
    const response = await fetch(call);
    if (this.sent.length <= this.lost) {
      await response.body?.cancel();
      throw new TypeError("the connection broke");
    }
    this.statuses.push(response.status);
    return response;
  };

  keys(): Set<string | null> {
    return new Set(this.sent.map((call) => call.headers.get("Idempotency-Key")));
  }
}

const answer = (status: number, wait?: string) => () =>
  new Response(JSON.stringify({ status, title: "Later" }), {
    status, headers: { "Content-Type": "application/problem+json", ...(wait === undefined ? {} : { "Retry-After": wait }) },
  });

for (const [status, wait] of [[409, "0"], [429, "0"], [503, "0"], [503, undefined], [429, new Date(0).toUTCString()]] as const) {
  test(`${status} with Retry-After ${wait} is repeated under one key`, async () => {
    const wire = new Wire([answer(status, wait), answer(status, wait)]);
    const booked = await ok(connect({ fetch: wire.send }).POST("/v1/bookings", { body: request() }));
    assert.match(booked.reference, /^FB-/);
    assert.equal(wire.sent.length, 3);
    assert.equal(wire.keys().size, 1);
    assert.ok(![...wire.keys()].includes(null));
  });
}

test("an answer that was lost is asked for again, and nothing is made twice", async () => {
  const wire = new Wire([], 1);
  const farebook = connect({ fetch: wire.send });
  const email = `lost-${Date.now()}@example.com`;
  const body = request();
  const { response } = await farebook.POST("/v1/bookings", { body: { ...body, customer: { ...body.customer, email } } });
  assert.equal(response.headers.get("Idempotent-Replayed"), "true");
  const made = await ok(farebook.GET("/v1/bookings", { params: { query: { email } } }));
  assert.equal(made.bookings.length, 1);
});

test("a 409 without Retry-After is a refusal", async () => {
  const wire = new Wire([answer(409)]);
  await assert.rejects(ok(connect({ fetch: wire.send }).POST("/v1/bookings", { body: request() })), { status: 409 });
  assert.equal(wire.sent.length, 1);
});

test("retries end at their bounds", async () => {
  const busy = Array.from({ length: 20 }, () => answer(503, "0"));
  const often = new Wire(busy);
  await assert.rejects(ok(connect({ fetch: often.send, retries: { attempts: 3 } }).GET("/v1/bookings")), { status: 503 });
  assert.equal(often.sent.length, 3);
  const long = new Wire([answer(503, "60")]);
  await assert.rejects(ok(connect({ fetch: long.send }).GET("/v1/bookings")), { status: 503 });
  assert.equal(long.sent.length, 1, "a wait above longestWaitMs is the caller's");
});

test("a caller that gives up is not kept waiting", async () => {
  const wire = new Wire([answer(503, "20")]);
  const reason = new Error("enough");
  const giving = new AbortController();
  const call = connect({ fetch: wire.send }).GET("/v1/bookings", { signal: giving.signal });
  setImmediate(() => giving.abort(reason));
  await assert.rejects(call);
  assert.equal(wire.sent.length, 1);
});

test("more reads than the API takes at once are all answered", async () => {
  const wire = new Wire();
  const farebook = connect({ fetch: wire.send });
  await Promise.all(Array.from({ length: 60 }, () => ok(farebook.GET("/v1/bookings", { params: { query: { limit: 1 } } }))));
  assert.ok(wire.statuses.includes(429), "the limit of reads was not reached");
});
