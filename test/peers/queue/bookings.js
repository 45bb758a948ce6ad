import crypto from 'node:crypto';
import { pool, transaction } from './database.js';

const LOCK_MS = 10_000;
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

const newReference = () => 'PQ-' + Array.from(crypto.randomBytes(8), (byte) => alphabet[byte & 31]).join('');

// claim takes an idempotency key, and makes its booking in the same transaction. It returns one of: {booking} for the request that has
// to complete it, {answer} of the request that did, {conflict} for another body, {busy} while another request works on it.
export async function claim(key, body) {
  const digest = crypto.createHash('sha256').update(body).digest();
  try {
    return { booking: await insert(key, digest, JSON.parse(body)) };
  } catch (error) {
    if (error.code !== 'ER_DUP_ENTRY') throw error;
  }
  const [[row]] = await pool.execute(
    `SELECT k.id AS keyId, k.request_sha256, k.answer, b.id, b.reference, b.amount, b.currency
       FROM idempotency_keys k JOIN bookings b ON b.id = k.booking_id WHERE k.name = ?`, [key]);
  if (!row) return { busy: true };
  if (!row.request_sha256.equals(digest)) return { conflict: true };
  if (row.answer) return { answer: typeof row.answer === 'string' ? JSON.parse(row.answer) : row.answer };
  const [taken] = await pool.execute(
    `UPDATE idempotency_keys SET locked_at = NOW(3) WHERE id = ? AND answer IS NULL
       AND (locked_at IS NULL OR locked_at < NOW(3) - INTERVAL ? MICROSECOND)`, [row.keyId, LOCK_MS * 1000]);
  return taken.affectedRows ? { booking: row } : { busy: true };
}

function insert(key, digest, request) {
  const reference = newReference();
  const { amount: { value: amount, currency }, customer, flight, holdMinutes } = request;
  return transaction(async (db) => {
    const [claimed] = await db.execute('INSERT INTO idempotency_keys (name, request_sha256, locked_at) VALUES (?, ?, NOW(3))', [key, digest]);
    const [made] = await db.execute(
      `INSERT INTO bookings (reference, customer_name, customer_email, flight, amount, currency, hold_expires_at)
       VALUES (?, ?, ?, ?, ?, ?, NOW(3) + INTERVAL ? MINUTE)`,
      [reference, customer.name, customer.email, JSON.stringify(flight), amount, currency, holdMinutes]);
    await db.execute('UPDATE idempotency_keys SET booking_id = ? WHERE id = ?', [made.insertId, claimed.insertId]);
    return { keyId: claimed.insertId, id: made.insertId, reference, amount, currency, holdMinutes };
  });
}

export const complete = (booking, answer) =>
  pool.execute('UPDATE idempotency_keys SET answer = ?, locked_at = NULL WHERE id = ?', [JSON.stringify(answer), booking.keyId]);

// release lets the next request with this key take over at once.
export const release = (booking) =>
  pool.execute('UPDATE idempotency_keys SET locked_at = NULL WHERE id = ?', [booking.keyId]);
