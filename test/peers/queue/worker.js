import { Worker } from 'bullmq';
import nodemailer from 'nodemailer';
import { pool } from './database.js';
import { expire, record } from './payments.js';
import { closeQueues, workerConnection } from './queues.js';
import { log, smtpPort, stopBy } from './settings.js';

const smtp = nodemailer.createTransport({
  host: '127.0.0.1', port: smtpPort, ignoreTLS: true, pool: true, maxConnections: 8, maxMessages: Infinity,
});

async function mail(reference) {
  const [[booking]] = await pool.execute('SELECT customer_name, customer_email, flight FROM bookings WHERE reference = ?', [reference]);
  const flight = typeof booking.flight === 'string' ? JSON.parse(booking.flight) : booking.flight;
  const words = `your booking ${reference} is confirmed: ${flight.number} from ${flight.from} to ${flight.to}, ${flight.departsAt}.`;
  await smtp.sendMail({
    from: 'Bookings <bookings@peer.example>', to: booking.customer_email, messageId: `<confirmation-${reference}@peer.example>`,
    subject: `Booking ${reference} confirmed`, text: `Dear ${booking.customer_name},\n\n${words}\n`,
    html: `<p>Dear ${booking.customer_name},</p><p>${words}</p>`,
  });
}

// BullMQ's defaults hold: a job's lock lasts 30 s, and stalled jobs are looked for every 30 s.
const work = (queue, concurrency, perform) => {
  const worker = new Worker(queue, (job) => perform(job.data), { connection: workerConnection(), concurrency });
  worker.on('failed', (job, error) => log('warn', 'job failed', { queue, job: job?.id, attempts: job?.attemptsMade, error: error.message }));
  worker.on('error', (error) => log('error', 'worker', { queue, error: error.message }));
  return worker;
};

const workers = [
  work('payments', 16, ({ paymentIntentId, eventId }) => record(paymentIntentId, { eventId })),
  work('emails', 16, ({ reference }) => mail(reference)),
  work('holds', 4, ({ reference }) => expire(reference)),
];
log('info', 'workers run');
stopBy(async () => { await Promise.all(workers.map((worker) => worker.close())); await closeQueues(); await pool.end(); });
