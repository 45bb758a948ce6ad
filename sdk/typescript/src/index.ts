export { createFarebook, ok, type Farebook, type FarebookOptions } from "./client.js";
export { FarebookError, type Problem } from "./problem.js";
export { retrying, usualPolicy, type RetryPolicy, type Send } from "./retry.js";
export { verifyWebhook, WebhookVerificationError, type WebhookEvent, type WebhookHeaders } from "./webhook.js";
export type { components, operations, paths } from "./schema.js";
