/** Email, by Cloudflare's `send_email` binding: what of it the rest of the house needs. */
export { createEmail, type EmailOptions } from './email/send.ts';
