/**
 * E-mail addresses that settings hold.
 *
 * Contract: pure. What comes out stands in a header as it is: no line break, no comma, no quotes, nothing but ASCII.
 * What is wrong is said without the address.
 */
import { type Reading, value, wrong } from '../../config/setting.ts';

/** Of one message, all recipients together: https://developers.cloudflare.com/email-service/platform/limits/ */
const RECIPIENT_LIMIT = 50;
/** RFC 5321, 4.5.3.1: of the part before the @, and of the whole address (errata 1690). */
const LOCAL_LIMIT = 64;
const ADDRESS_LIMIT = 254;

/** Dots between runs of the characters that need no quotes (RFC 5322, 3.2.3); a host of two names at least. */
const ADDRESS =
  /^([\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*)@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i;

/** One address, and nothing else. */
export function parseMailAddress(text: string): Reading<string> {
  return isAddress(text) ? value(text) : wrong('is not an email address such as tocsin@example.com');
}

/** Several, with commas between; each is taken once. */
export function parseMailAddresses(text: string): Reading<readonly string[]> {
  const parts = text.split(',').map((part) => part.trim());
  const bad = parts.findIndex((part) => !isAddress(part));
  if (bad >= 0) {
    const which = parts.length === 1 ? 'is' : `has, at place ${bad + 1} of ${parts.length}, what is`;
    return wrong(`${which} not an email address such as oncall@example.com`);
  }
  const different = [...new Map(parts.map((part) => [part.toLowerCase(), part])).values()];
  if (different.length > RECIPIENT_LIMIT)
    return wrong(`has ${different.length} addresses, more than ${RECIPIENT_LIMIT}`);
  return value(different);
}

function isAddress(text: string): boolean {
  const local = text.length <= ADDRESS_LIMIT ? ADDRESS.exec(text)?.[1] : undefined;
  return local !== undefined && local.length <= LOCAL_LIMIT;
}
