/**
 * IP addresses and ranges.
 *
 * Contract: IPv4 as four decimal numbers, IPv6 in any form; an IPv4-mapped address (`::ffff:192.0.2.1`) is the IPv4
 * address. What is not an address is in no range. Pure.
 */
import type { Address, AddressRange } from '../rule.ts';

/** The longest form of an address. */
const ADDRESS_TEXT_MAX = 45;

/** Parses a range; a single address is a range of one. Null if the text is not valid. */
export function parseRange(text: string): AddressRange | null {
  const [head, bitsText, ...more] = text.split('/');
  if (head === undefined || more.length > 0) return null;
  const base = parseAddress(head);
  if (base === null) return null;
  const size = base.length * 16;
  if (bitsText === undefined) return { base, bits: size };
  if (!/^\d{1,3}$/.test(bitsText)) return null;
  const mapped = base.length === 2 && head.includes(':');
  const bits = Number(bitsText) - (mapped ? 96 : 0);
  return bits < 0 || bits > size ? null : { base, bits };
}

/** Whether an address is in a range. */
export function inRange(address: Address, { base, bits }: AddressRange): boolean {
  if (address.length !== base.length) return false;
  for (let i = 0; i * 16 < bits; i++) {
    const shift = Math.max(0, 16 - (bits - i * 16));
    if ((address[i] ?? 0) >> shift !== (base[i] ?? 0) >> shift) return false;
  }
  return true;
}

/** Sorts ranges and removes those within others. Two ranges either contain each other or don't overlap. */
export function distinctRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const distinct: AddressRange[] = [];
  for (const range of [...ranges].sort((a, b) => compare(a.base, b.base) || a.bits - b.bits)) {
    const before = distinct.at(-1);
    if (before === undefined || !inRange(range.base, before)) distinct.push(range);
  }
  return distinct;
}

/** In each way to write an IPv4 address inside an IPv6 one. */
const MAPPED = /:ffff:/i;

/** An IPv4 address as one number; NaN for any other text. */
export function ipv4Number(text: string): number {
  const number = parseV4(text);
  if (number >= 0 || !MAPPED.test(text)) return number;
  const address = parseAddress(text);
  return address?.length === 2 ? numberOf(address) : Number.NaN;
}

function numberOf(address: Address): number {
  return (address[0] as number) * 65_536 + (address[1] as number);
}

/** The first and last address of an IPv4 range, as numbers; null for IPv6. */
export function ipv4Ends({ base, bits }: AddressRange): readonly [first: number, last: number] | null {
  if (base.length !== 2) return null;
  const size = 2 ** (32 - bits);
  const first = Math.floor(numberOf(base) / size) * size;
  return [first, first + size - 1];
}

/** Whether an address is in any of the sorted, distinct ranges. */
export function inAnyRange(address: Address, ranges: readonly AddressRange[]): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare((ranges[middle] as AddressRange).base, address) > 0) high = middle;
    else low = middle + 1;
  }
  const candidate = ranges[low - 1];
  return candidate !== undefined && inRange(address, candidate);
}

/** By number, IPv4 before IPv6. */
function compare(a: Address, b: Address): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The canonical form of a range that has bits set beyond its length; null if it has none. */
export function canonicalRange(range: AddressRange): string | null {
  const base = range.base.map((group, i) => {
    const shift = Math.min(16, Math.max(0, 16 - (range.bits - i * 16)));
    return (group >> shift) << shift;
  });
  if (base.every((group, i) => group === range.base[i])) return null;
  const written =
    base.length === 2
      ? base.flatMap((group) => [group >> 8, group & 255]).join('.')
      : base
          .map((group) => group.toString(16))
          .join(':')
          .replace(/(:0)+$/, '::');
  return `${written}/${range.bits}`;
}

/** Parses an address; null if the text is not valid. */
export function parseAddress(text: string): Address | null {
  if (text.length > ADDRESS_TEXT_MAX) return null;
  return text.includes(':') ? parseV6(text) : groupsOfV4(parseV4(text));
}

function groupsOfV4(number: number): Address | null {
  return Number.isNaN(number) ? null : [Math.floor(number / 65_536), number % 65_536];
}

/** Character by character, because nearly every entry has an address. NaN if the text is not one. */
function parseV4(text: string): number {
  let [number, part, digits, dots] = [0, 0, 0, 0];
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      part = part * 10 + digit;
      if (++digits > 3) return Number.NaN;
    } else if ((i === text.length || digit === DOT) && digits > 0 && part <= 255 && dots < 4) {
      number = number * 256 + part;
      dots++;
      part = digits = 0;
    } else return Number.NaN;
  }
  return dots === 4 ? number : Number.NaN;
}

const ZERO = '0'.charCodeAt(0);
const DOT = '.'.charCodeAt(0) - ZERO;

function parseV6(text: string): Address | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [left, right] = halves.map((half) => groupsOf(half));
  if (left === null || left === undefined || right === null) return null;
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...left, ...new Array<number>(missing).fill(0), ...(right ?? [])];
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? groups.slice(6) : groups;
}

function groupsOf(text: string): readonly number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const written = text.split(':');
  for (const [i, part] of written.entries()) {
    if (i === written.length - 1 && part.includes('.')) {
      const embedded = groupsOfV4(parseV4(part));
      if (embedded === null) return null;
      groups.push(...embedded);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}
