/** Email, by Cloudflare's `send_email` binding. */
import { after, bySecret, IN_VARS, readText } from '../../config/setting.ts';
import { readBinding } from '../../config/values.ts';
import type { ReceiverType } from '../receiver.ts';
import { parseMailAddress, parseMailAddresses } from './address.ts';
import type { MailBinding } from './message.ts';
import { createEmail } from './send.ts';

/** All receivers of this type share them. */
const BINDING = 'EMAIL';
const SENDER = 'EMAIL_FROM';

const EXPECTS = 'one or more email addresses, separated by commas';
const BINDING_HINT =
  'uncomment the [[send_email]] lines in wrangler.toml, then npm run deploy; the account needs Email Service or Email Routing';
const SENDER_HINT = `set it to an address of a domain that Cloudflare's Email Service may send from, such as \`tocsin@example.com\`, ${IN_VARS}`;

export const email: ReceiverType = {
  type: 'email',
  label: 'Email',
  docs: 'https://developers.cloudflare.com/email-service/',
  secret: 'EMAIL_TO',
  signingSecret: null,
  expects: EXPECTS,
  settings: [SENDER],
  bindings: [BINDING],
  read(env, { name, secret }, take) {
    const to = take(
      secret,
      after(readText(env, secret), parseMailAddresses),
      `set it to ${EXPECTS}: ${bySecret(secret)}`,
    );
    const sender = take(SENDER, after(readText(env, SENDER), parseMailAddress), SENDER_HINT);
    const binding = take(BINDING, readBinding<MailBinding>(env, BINDING, ['send']), BINDING_HINT, 'is not bound');
    if (to === null || sender === null || binding === null) return null;
    return ({ timeoutMs }) => createEmail({ name, binding, sender, to, timeoutMs });
  },
};
