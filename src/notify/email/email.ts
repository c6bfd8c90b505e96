/**
 * Email, by Cloudflare's `send_email` binding.
 *
 * Contract: pure. An address that is returned can be in a header as it is: no line break, no comma, no quotes, only ASCII. A
 * problem never holds an address.
 */
import { after, bySecret, IN_VARS, type Reading, readText, value, wrong } from '../../config/setting.ts';
import { readBinding } from '../../config/values.ts';
import type { ReceiverType } from '../receiver.ts';
import { LIMITS, type MailBinding } from './message.ts';
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

/** RFC 5321, 4.5.3.1: the part before the @, and the whole address (errata 1690). */
const LOCAL_MAX = 64;
const ADDRESS_MAX = 254;
/** Dots between runs of the characters that need no quotes (RFC 5322, 3.2.3); a host of at least two labels. */
const ADDRESS =
  /^([\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*)@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;

/** One address and nothing else. */
export function parseMailAddress(text: string): Reading<string> {
  return isAddress(text) ? value(text) : wrong('is not an email address such as tocsin@example.com');
}

/** Several, separated by commas; duplicates are removed. */
export function parseMailAddresses(text: string): Reading<readonly string[]> {
  const parts = text.split(',').map((part) => part.trim());
  const bad = parts.findIndex((part) => !isAddress(part));
  if (bad >= 0) {
    const which = parts.length === 1 ? 'is' : `has an entry (${bad + 1} of ${parts.length}) that is`;
    return wrong(`${which} not an email address such as oncall@example.com`);
  }
  const distinct = [...new Map(parts.map((part) => [part.toLowerCase(), part])).values()];
  if (distinct.length > LIMITS.recipients)
    return wrong(`has ${distinct.length} addresses, more than ${LIMITS.recipients}`);
  return value(distinct);
}

function isAddress(text: string): boolean {
  const local = text.length <= ADDRESS_MAX ? ADDRESS.exec(text)?.[1] : undefined;
  return local !== undefined && local.length <= LOCAL_MAX;
}
