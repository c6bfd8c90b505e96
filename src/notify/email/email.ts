/**
 * Email, by Cloudflare's `send_email` binding.
 *
 * Contract: pure. An address that is returned can be in a header as it is: no line break, no comma, no quotes, only ASCII. A
 * problem never holds an address.
 */
import {
  absent,
  after,
  bySecret,
  type Environment,
  IN_VARS,
  type Reading,
  readText,
  value,
  wrong,
} from '../../config/setting.ts';
import { readBinding } from '../../config/values.ts';
import type { ReceiverType } from '../receiver.ts';
import type { MailBinding } from './message.ts';
import { createEmail } from './send.ts';

/** All receivers of this type share them. */
const BINDING = 'EMAIL';
const SENDER = 'EMAIL_FROM';

/** Each is a receiver: every notification is a row and a mail for each of them. As many as routing.yml may list. */
const ADDRESSES_MAX = 20;
const EXPECTS = `1 to ${ADDRESSES_MAX} email addresses, separated by commas`;
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
  placesIn(env, secret) {
    const addresses = readMailAddresses(env, secret);
    return addresses.kind === 'value' ? addresses.value.map(({ place }) => place) : [1];
  },
  read(env, { name, secret, place }, take) {
    const to = take(
      secret,
      after(readMailAddresses(env, secret), (all) => all.find((each) => each.place === place)?.address ?? absent),
      `set it to ${EXPECTS}: ${bySecret(secret)}; for more people, use a mailing list, or several receivers in rules/routing.yml`,
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

/** An address in a setting, or what is wrong with it. */
export interface PlacedAddress {
  /** Its place in the setting, counted from 1. */
  readonly place: number;
  readonly address: Reading<string>;
}

function readMailAddresses(env: Environment, secret: string): Reading<readonly PlacedAddress[]> {
  return after(readText(env, secret), parseMailAddresses);
}

/**
 * Several, separated by commas; a comma may follow the last. An address that is there again, in whatever case, is left out,
 * and one that is wrong stops no other.
 */
export function parseMailAddresses(text: string): Reading<readonly PlacedAddress[]> {
  const parts = text
    .replace(/,\s*$/, '')
    .split(',')
    .map((part) => part.trim());
  const places = new Map<string, PlacedAddress>();
  for (const [index, part] of parts.entries()) {
    const key = part.toLowerCase();
    if (!places.has(key)) places.set(key, { place: index + 1, address: readAt(part, index + 1, parts.length) });
  }
  if (places.size > ADDRESSES_MAX) return wrong(`has ${places.size} addresses, more than ${ADDRESSES_MAX}`);
  return value([...places.values()]);
}

function readAt(text: string, place: number, all: number): Reading<string> {
  if (isAddress(text)) return value(text);
  const which = all === 1 ? 'is not an email address' : `has an invalid address (${place} of ${all}), not one`;
  return wrong(`${which} such as oncall@example.com`);
}

function isAddress(text: string): boolean {
  const local = text.length <= ADDRESS_MAX ? ADDRESS.exec(text)?.[1] : undefined;
  return local !== undefined && local.length <= LOCAL_MAX;
}
