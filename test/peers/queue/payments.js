import { pool, transaction } from './database.js';
import { emails } from './queues.js';
import { stripe } from './stripe.js';

// record reads a PaymentIntent at Stripe and writes what it says: payment, booking and ledger in one transaction, and the mail's job
// after it. The worker repeats the job until it returns, and the job's id keeps the confirmation to one.
export async function record(paymentIntentId, { eventId, closeAs = 'cancelled' } = {}) {
  const intent = await stripe.paymentIntents.retrieve(paymentIntentId, { expand: ['latest_charge.balance_transaction'] });
  const recorded = await transaction(async (db) => {
    const [[row]] = await db.execute(
      `SELECT p.id AS payment, p.status AS paymentStatus, b.id, b.reference, b.status, b.currency
         FROM payments p JOIN bookings b ON b.id = p.booking_id WHERE p.payment_intent_id = ? FOR UPDATE`, [paymentIntentId]);
    if (!row) throw new Error('the payment is not stored yet'); // repeated
    const confirmed = await apply(db, row, intent, closeAs);
    if (eventId) await db.execute('UPDATE stripe_events SET processed_at = NOW(3) WHERE event_id = ?', [eventId]);
    return { reference: row.reference, confirmed };
  });
  if (recorded.confirmed) await emails.add('confirmation', { reference: recorded.reference }, { jobId: `confirmation-${recorded.reference}` });
  return recorded;
}

// apply returns whether the booking is confirmed.
async function apply(db, row, intent, closeAs) {
  if (intent.status === 'succeeded') {
    if (row.paymentStatus === 'pending') await paid(db, row, intent);
    return row.status === 'pending_payment' || row.status === 'confirmed';
  }
  if (intent.status === 'canceled' && row.status === 'pending_payment') {
    await db.execute("UPDATE payments SET status = 'cancelled' WHERE id = ?", [row.payment]);
    await db.execute('UPDATE bookings SET status = ? WHERE id = ?', [closeAs, row.id]);
  } else if (intent.last_payment_error && row.paymentStatus === 'pending') {
    const { decline_code: declined, code } = intent.last_payment_error;
    await db.execute('UPDATE payments SET decline_code = ? WHERE id = ?', [declined ?? code ?? null, row.payment]);
  }
  return false;
}

async function paid(db, row, intent) {
  await db.execute("UPDATE payments SET status = 'succeeded', charge_id = ? WHERE id = ?", [intent.latest_charge.id, row.payment]);
  if (row.status === 'pending_payment') await db.execute("UPDATE bookings SET status = 'confirmed' WHERE id = ?", [row.id]);
  else await db.execute('UPDATE bookings SET needs_refund = TRUE WHERE id = ?', [row.id]);
  const fee = intent.latest_charge.balance_transaction?.fee ?? 0;
  const lines = [
    ['payment_clearing', 'asset:stripe_clearing', 'debit', intent.amount_received],
    ['payment_revenue', 'revenue:bookings', 'credit', intent.amount_received],
    ['fee_expense', 'expense:stripe_fees', 'debit', fee],
    ['fee_clearing', 'asset:stripe_clearing', 'credit', fee],
  ].filter(([, , , amount]) => amount > 0);
  await db.query(
    'INSERT INTO ledger_entries (booking_id, type, account, side, amount, currency, payment_intent_id) VALUES ?',
    [lines.map((line) => [row.id, ...line, row.currency, intent.id])]);
}

// expire closes a booking whose hold has ended and that is not paid.
export async function expire(reference) {
  const [[row]] = await pool.execute(
    'SELECT b.status, p.payment_intent_id AS intent FROM bookings b LEFT JOIN payments p ON p.booking_id = b.id WHERE b.reference = ?', [reference]);
  if (row?.status !== 'pending_payment') return;
  if (!row.intent) {
    await pool.execute("UPDATE bookings SET status = 'expired' WHERE reference = ? AND status = 'pending_payment'", [reference]);
    return;
  }
  try {
    await stripe.paymentIntents.cancel(row.intent);
  } catch (error) {
    if (error.code !== 'payment_intent_unexpected_state') throw error; // paid meanwhile
  }
  await record(row.intent, { closeAs: 'expired' });
}
