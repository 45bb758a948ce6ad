import Stripe from 'stripe';
import { stripeKey, stripeURL } from './settings.js';

export const stripe = new Stripe(stripeKey, {
  host: stripeURL.hostname, port: stripeURL.port, protocol: stripeURL.protocol.slice(0, -1), maxNetworkRetries: 2, timeout: 20_000,
  telemetry: false, apiVersion: '2023-10-16',
});
