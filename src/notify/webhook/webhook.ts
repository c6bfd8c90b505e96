/** A webhook of the user's own, signed by Standard Webhooks. */
import { parseServiceUrl } from '../../config/address.ts';
import { after, bySecret, readText } from '../../config/setting.ts';
import type { ReceiverType } from '../receiver.ts';
import { createWebhook } from './send.ts';
import { parseSigningKey } from './signing-key.ts';

const EXPECTS = 'the https URL of your service';
const SIGNING_SECRET = 'WEBHOOK_SECRET';

export const webhook: ReceiverType = {
  type: 'webhook',
  label: 'Webhook',
  docs: 'https://www.standardwebhooks.com',
  secret: 'WEBHOOK_URL',
  signingSecret: SIGNING_SECRET,
  expects: EXPECTS,
  settings: [],
  bindings: [],
  read(env, { name, secret, signingSecret }, take) {
    const url = take(
      secret,
      after(readText(env, secret), parseServiceUrl),
      `set it to ${EXPECTS}: ${bySecret(secret)}`,
    );
    const keyName = signingSecret ?? SIGNING_SECRET;
    const keyHint = `make a key and give it to your service too: echo "whsec_$(openssl rand -base64 32)" | ${bySecret(keyName)}`;
    const key = take(keyName, after(readText(env, keyName), parseSigningKey), keyHint);
    if (url === null || key === null) return null;
    return ({ fetch, now, timeoutMs }) => createWebhook({ name, url, key, fetch, now, timeoutMs });
  },
};
