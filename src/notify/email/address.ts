/**
 * Email addresses in settings.
 *
 * Contract: pure. An address that is returned can be in a header as it is: no line break, no comma, no quotes, only ASCII.
 * A problem never holds the address.
 */
import { type Reading, value, wrong } from '../../config/setting.ts';
import { LIMITS } from './message.ts';

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
