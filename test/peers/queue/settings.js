// What both programs read from their environment.
const need = (name) => process.env[name] ?? (() => { throw new Error(`${name} is not set`); })();

export const databaseURL = need('DATABASE_URL');
export const redisURL = need('REDIS_URL');
export const stripeURL = new URL(need('STRIPE_URL'));
export const stripeKey = need('STRIPE_KEY');
export const webhookSecret = need('STRIPE_WEBHOOK_SECRET');
export const apiKey = need('API_KEY');
export const apiPort = Number(need('API_PORT'));
export const smtpPort = Number(need('SMTP_PORT'));

// stopBy calls stop once, when the process receives a signal to end.
export function stopBy(stop) {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, async () => { await stop(); process.exit(0); });
  }
}

export function log(level, message, fields = {}) {
  console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
}
