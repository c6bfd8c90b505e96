/** Webhooks, signed by Standard Webhooks: what of it the rest of the house needs. */
export { createWebhook, type WebhookOptions } from './webhook/send.ts';
