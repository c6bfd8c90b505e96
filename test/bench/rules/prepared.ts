/**
 * Prepares an entry for the peers. None of them can ignore case, compare addresses or handle missing paths, so each gets
 * what its user would prepare: a flat record, text in lower case (and as it is, for regular expressions), addresses as
 * numbers. This is part of each peer's time. Pure.
 */
import { parseRange } from '../../../src/sigma/evaluate/cidr.ts';
import type { AddressRange } from '../../../src/sigma/rule.ts';
import type { BenchEntry } from './entries.ts';

export interface Prepared {
  readonly action: string;
  readonly actor_id: string | null;
  readonly actor_name: string | null;
  readonly actor_type: string | null;
  readonly client_ip_number: number | null;
  readonly method: string;
  readonly path: string;
  readonly path_raw: string;
  readonly status_code: number;
  readonly user_agent: string;
  readonly target_id: string | null;
  readonly target_type: string | null;
}

export function prepare({
  action,
  actor,
  client_ip,
  method,
  path,
  status_code,
  user_agent,
  target,
}: BenchEntry): Prepared {
  return {
    action: action.toLowerCase(),
    actor_id: actor === null ? null : actor.id.toLowerCase(),
    actor_name: actor === null ? null : actor.name.toLowerCase(),
    actor_type: actor === null ? null : actor.type.toLowerCase(),
    client_ip_number: addressOf(client_ip),
    method: method.toLowerCase(),
    path: path.toLowerCase(),
    path_raw: path,
    status_code,
    user_agent: user_agent.toLowerCase(),
    target_id: target === null ? null : target.id.toLowerCase(),
    target_type: target === null ? null : target.type.toLowerCase(),
  };
}

/** IPv6 addresses are above all of IPv4; only the first 48 bits count, which suffices for the rules. */
const V6 = 2 ** 48;

/** The number of an address, which is a range of one. */
export function addressNumber(address: AddressRange): number {
  return (address.startsWith('4') ? 0 : V6) + Number.parseInt(address.slice(1, 49), 2);
}

/** Parses an address into a number; null if it is not valid. */
export function addressOf(text: string): number | null {
  let number = 0;
  let part = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 48 && code <= 57) part = Math.max(part, 0) * 10 + code - 48;
    else if (code === 46 && part >= 0 && part <= 255 && dots < 3) {
      number = number * 256 + part;
      part = -1;
      dots++;
    } else {
      const address = parseRange(text);
      return address === null ? null : addressNumber(address);
    }
  }
  return dots === 3 && part >= 0 && part <= 255 ? number * 256 + part : null;
}
