import crypto from 'node:crypto';
import Fastify from 'fastify';
import { claim, complete, release } from './bookings.js';
import { pool } from './database.js';
import { closeQueues, holds, payments } from './queues.js';
import { apiKey, apiPort, log, stopBy, webhookSecret } from './settings.js';
import { stripe } from './stripe.js';

const app = Fastify({ logger: false, bodyLimit: 1 << 20 });
app.removeContentTypeParser('application/json');
app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));

const sha256 = (text) => crypto.createHash('sha256').update(text).digest();
const authorised = ({ headers }) =>
  crypto.timingSafeEqual(sha256(headers.authorization ?? ''), sha256(`Bearer ${apiKey}`));

// wrong names the first field that is not right, and is undefined for none.
function wrong({ customer, amount, flight, holdMinutes } = {}) {
  if (!customer?.name || !/^\S+@\S+$/.test(customer.email ?? '')) return 'customer';
  if (!Number.isSafeInteger(amount?.value) || amount.value <= 0 || !/^[A-Z]{3}$/.test(amount.currency ?? '')) return 'amount';
  if (!flight?.number || !flight.passengers?.length) return 'flight';
  if (!(holdMinutes >= 1 && holdMinutes <= 1440)) return 'holdMinutes';
}

function parsed(body) {
  try { return JSON.parse(body); } catch { return undefined; }
}

app.post('/v1/bookings', async (request, reply) => {
  if (!authorised(request)) return reply.code(401).send({ error: 'unauthorised' });
  const key = request.headers['idempotency-key'];
  if (!key) return reply.code(400).send({ error: 'Idempotency-Key is missing' });
  const field = wrong(parsed(request.body));
  if (field) return reply.code(422).send({ error: `${field} is wrong` });
  const { booking, answer, conflict, busy } = await claim(key, request.body);
  if (conflict) return reply.code(422).send({ error: 'the key has another body' });
  if (busy) return reply.code(409).header('Retry-After', '1').send({ error: 'another request has this key' });
  if (answer) return reply.code(201).send(answer);
  try {
    return reply.code(201).send(await offer(booking));
  } catch (error) {
    log('error', 'booking failed', { reference: booking.reference, error: error.message });
    await release(booking).catch(() => {});
    return reply.code(503).send({ error: 'send the request again, with the same key' });
  }
});

// offer creates the PaymentIntent of a booking. Each step has a key that makes its repetition harmless: the job's id, Stripe's
// idempotency key, and the payment's unique booking.
async function offer({ id, reference, amount, currency, holdMinutes = 30, keyId }) {
  await holds.add('expire', { reference }, { jobId: `hold-${reference}`, delay: holdMinutes * 60_000 });
  const intent = await stripe.paymentIntents.create({
    amount, currency: currency.toLowerCase(), automatic_payment_methods: { enabled: true },
    description: `Booking ${reference}`, metadata: { booking_reference: reference },
  }, { idempotencyKey: `booking-${reference}` });
  await pool.execute('INSERT INTO payments (booking_id, payment_intent_id) VALUES (?, ?) ON DUPLICATE KEY UPDATE id = id', [id, intent.id]);
  const answer = { reference, status: 'pending_payment', payment: { paymentIntentId: intent.id, clientSecret: intent.client_secret } };
  await complete({ keyId }, answer);
  log('info', 'booking made', { reference });
  return answer;
}

app.post('/webhooks/stripe', async (request, reply) => {
  let event;
  try {
    event = stripe.webhooks.constructEvent(request.body, request.headers['stripe-signature'], webhookSecret);
  } catch {
    return reply.code(400).send({ error: 'the signature does not match' });
  }
  const [stored] = await pool.execute('INSERT IGNORE INTO stripe_events (event_id, type, payload) VALUES (?, ?, ?)', [event.id, event.type, request.body]);
  if (stored.affectedRows === 0) {
    const [[known]] = await pool.execute('SELECT processed_at FROM stripe_events WHERE event_id = ?', [event.id]);
    if (known?.processed_at) return { received: true };
  }
  if (event.type.startsWith('payment_intent.')) {
    await payments.add(event.type, { eventId: event.id, paymentIntentId: event.data.object.id }, { jobId: event.id });
  }
  return { received: true };
});

app.get('/readyz', async () => {
  await pool.query('SELECT 1');
  return 'ready';
});

await app.listen({ host: '127.0.0.1', port: apiPort });
stopBy(async () => { await app.close(); await closeQueues(); await pool.end(); });
