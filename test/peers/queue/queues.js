import { Queue } from 'bullmq';
import Redis from 'ioredis';
import { redisURL } from './settings.js';

const day = 24 * 60 * 60;

// A job's id is what makes its second insertion harmless, so completed jobs stay for a day.
const defaultJobOptions = {
  attempts: 8, backoff: { type: 'exponential', delay: 500 }, removeOnComplete: { age: day }, removeOnFail: { age: 7 * day },
};

// A producer gives up, so that a request is answered; a worker waits for Redis.
const producer = new Redis(redisURL, { maxRetriesPerRequest: 3 });
export const workerConnection = () => new Redis(redisURL, { maxRetriesPerRequest: null });

const queue = (name) => new Queue(name, { connection: producer, defaultJobOptions });
export const payments = queue('payments');
export const emails = queue('emails');
export const holds = queue('holds');

export async function closeQueues() {
  await Promise.all([payments.close(), emails.close(), holds.close()]);
  producer.disconnect();
}
