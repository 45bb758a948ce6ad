// Drives the stand-in with stripe-node, as any shop would, and prints "ok" when everything was as Stripe has it.
'use strict';
const assert = require('node:assert');
const http = require('node:http');
const Stripe = require('stripe');

const [host, port] = process.argv[2].split(':');
const secret = 'whsec_conformance';
const stripe = new Stripe('sk_test_123456789012', { host, port: Number(port), protocol: 'http', apiVersion: '2023-10-16', maxNetworkRetries: 0 });

async function main() {
  const deliveries = [];
  const receiver = http.createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      deliveries.push(stripe.webhooks.constructEvent(Buffer.concat(parts), request.headers['stripe-signature'], secret));
      response.end();
    });
  });
  await new Promise((resolve) => receiver.listen(Number(process.argv[3]), '127.0.0.1', resolve));

  const params = { amount: 45900, currency: 'usd', automatic_payment_methods: { enabled: true }, metadata: { booking_reference: 'FB-1' } };
  const intent = await stripe.paymentIntents.create(params, { idempotencyKey: 'node-1' });
  const replay = await stripe.paymentIntents.create(params, { idempotencyKey: 'node-1' });
  assert.strictEqual(replay.id, intent.id);
  assert.strictEqual(replay.lastResponse.headers['idempotent-replayed'], 'true');
  await assert.rejects(stripe.paymentIntents.create({ ...params, amount: 1000 }, { idempotencyKey: 'node-1' }), { type: 'StripeIdempotencyError' });

  await assert.rejects(stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_chargeDeclined', return_url: 'https://example.com/return' }),
    (error) => error.type === 'StripeCardError' && error.code === 'card_declined' && error.payment_intent.id === intent.id);
  const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa', return_url: 'https://example.com/return', expand: ['latest_charge.balance_transaction'] });
  assert.strictEqual(paid.status, 'succeeded');
  assert.strictEqual(paid.latest_charge.balance_transaction.net, paid.amount - paid.latest_charge.balance_transaction.fee);
  await assert.rejects(stripe.paymentIntents.cancel(intent.id), { type: 'StripeInvalidRequestError', code: 'payment_intent_unexpected_state' });
  await assert.rejects(stripe.paymentIntents.retrieve('pi_nobody'), { statusCode: 404, code: 'resource_missing' });

  for (let i = 0; i < 24; i++) await stripe.paymentIntents.create({ amount: 1000 + i, currency: 'eur' });
  const all = await stripe.paymentIntents.list({ limit: 10 }).autoPagingToArray({ limit: 100 });
  assert.strictEqual(all.length, 25);
  assert.strictEqual(new Set(all.map((one) => one.id)).size, 25);
  assert.ok((await stripe.balance.retrieve()).pending.some((row) => row.currency === 'usd' && row.amount > 0));

  const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 5900, reason: 'requested_by_customer' }, { idempotencyKey: 'node-refund' });
  assert.strictEqual(refund.status, 'succeeded');
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 99999 }), { type: 'StripeInvalidRequestError' });
  assert.strictEqual((await stripe.refunds.list({ payment_intent: intent.id })).data[0].id, refund.id);
  await stripe.paymentIntents.create({ amount: 3000, currency: 'usd', payment_method: 'pm_card_createDispute', confirm: true });
  const [dispute] = (await stripe.disputes.list({ limit: 1 })).data;
  const won = await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: 'winning_evidence' } });
  assert.strictEqual(won.status, 'won');
  assert.strictEqual(won.balance_transactions.length, 2);
  await stripe.paymentIntents.create({ amount: 9000, currency: 'usd', payment_method: 'pm_card_bypassPending', confirm: true });
  const payout = await stripe.payouts.create({ amount: 100, currency: 'usd' });
  assert.strictEqual((await stripe.payouts.cancel(payout.id)).status, 'canceled');

  const until = Date.now() + 60000;
  while (!deliveries.some((event) => event.type === 'payment_intent.succeeded' && event.data.object.id === intent.id)) {
    assert.ok(Date.now() < until, 'payment_intent.succeeded was not delivered');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  receiver.close();
  receiver.closeAllConnections();
  console.log('ok');
}

main().catch((error) => { console.error(error); process.exit(1); });
