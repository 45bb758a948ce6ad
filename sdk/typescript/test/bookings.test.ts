import assert from "node:assert/strict";
import { test } from "node:test";
import { FarebookError, ok } from "../src/index.js";
import { connect, eventually, pay, request } from "./farebook.js";

test("a booking is made, paid, read, listed and refunded", async () => {
  const farebook = connect();
  const booked = await ok(farebook.POST("/v1/bookings", { body: request() }));
  assert.match(booked.reference, /^FB-/);
  assert.equal(booked.status, "pending_payment");
  assert.equal(await pay(booked.payment.paymentIntentId), 200);
  const at = { params: { path: { reference: booked.reference } } };
  const paid = await eventually(() => ok(farebook.GET("/v1/bookings/{reference}", at)), (booking) => booking.status === "confirmed");
  assert.equal(paid.payment?.amountCaptured, 45900);

  const refund = await ok(farebook.POST("/v1/bookings/{reference}/refunds", { ...at, body: { amount: { value: 5900, currency: "USD" } } }));
  const refunded = await eventually(
    () => ok(farebook.GET("/v1/refunds/{id}", { params: { path: { id: refund.id } } })), (one) => one.status === "succeeded");
  assert.equal(refunded.amount.value, 5900);

  const page = await ok(farebook.GET("/v1/bookings", { params: { query: { limit: 1, paymentIntent: booked.payment.paymentIntentId } } }));
  assert.deepEqual(page.bookings.map((one) => one.reference), [booked.reference]);
});

test("a key of the caller's makes a repetition harmless", async () => {
  const farebook = connect();
  const order = { params: { header: { "Idempotency-Key": `order-${process.pid}-${Date.now()}` } }, body: request() };
  const first = await ok(farebook.POST("/v1/bookings", order));
  const again = await farebook.POST("/v1/bookings", order);
  assert.equal(again.response.headers.get("Idempotent-Replayed"), "true");
  assert.equal((await ok(Promise.resolve(again))).reference, first.reference);
});

test("a refusal names its fields", async () => {
  const wrong = { ...request(), amount: { value: 45900, currency: "XXX" } };
  await assert.rejects(ok(connect().POST("/v1/bookings", { body: wrong })), (error: unknown) => {
    assert.ok(error instanceof FarebookError);
    assert.equal(error.status, 422);
    assert.match(error.message, /body\.amount\.currency/);
    assert.equal(error.problem?.status, 422);
    assert.ok(error.correlationId);
    return true;
  });
});
