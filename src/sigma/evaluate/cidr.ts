/**
 * IP addresses and ranges.
 *
 * Contract: IPv4 as four decimal numbers, IPv6 in any form; an IPv4-mapped address (`::ffff:192.0.2.1`) is the IPv4
 * address. What is not an address is in no range. Pure.
 */
import type { AddressRange } from '../rule.ts';

/** `4` or `6`, then each of its 32 or 128 bits. */
type Address = string;

/** The longest form of an address. */
const ADDRESS_TEXT_MAX = 45;

/** Parses a range; a single address is a range of one. Null if the text is not valid. */
export function parseRange(text: string): AddressRange | null {
  const [base = '', bitsText, ...more] = text.split('/');
  const address = parseAddress(base);
  if (address === null || more.length > 0) return null;
  if (bitsText === undefined) return address;
  if (!/^\d{1,3}$/.test(bitsText)) return null;
  const mapped = address.startsWith('4') && base.includes(':');
  const length = 1 + Number(bitsText) - (mapped ? 96 : 0);
  return length < 1 || length > address.length ? null : address.slice(0, length);
}

/** The canonical form of a range that is written with bits set beyond its length; null for any other range. */
export function canonicalRange(text: string): string | null {
  const [range, address] = [parseRange(text), parseRange(text.replace(/\/.*/, ''))];
  if (range === null || address === null || !address.includes('1', range.length)) return null;
  return rangeText(range);
}

/** A range in its canonical form. */
export function rangeText(range: AddressRange): string {
  return `${baseOf(range)}/${range.length - 1}`;
}

/** Bits of an IPv4 and of an IPv6 network. */
type NetworkBits = readonly [v4: number, v6: number];

/**
 * The network of an address, as one text: by default an IPv4 address itself, or the /64 of an IPv6 one, which one holder has.
 * Null for any other text.
 *
 * @example networkOf('203.0.113.7', [24, 48]) // '203.0.113.0/24'
 */
export function networkOf(text: string, [v4, v6]: NetworkBits = [32, 64]): string | null {
  const range = parseRange(text) ?? '';
  const bits = range.startsWith('4') ? v4 : v6;
  if (range.length <= bits) return null;
  const base = baseOf(range.slice(0, bits + 1));
  return bits === 32 && range.startsWith('4') ? base : `${base}/${bits}`;
}

/** The first address of a range. */
function baseOf(range: AddressRange): string {
  const [end, size, radix, separator] = range.startsWith('4') ? [33, 8, 10, '.'] : [129, 16, 16, ':'];
  const groups: string[] = [];
  for (let i = 1; i < end; i += size) {
    groups.push(Number.parseInt(range.slice(i, i + size).padEnd(size, '0'), 2).toString(radix));
  }
  return groups.join(separator).replace(/(:0)+$/, '::');
}

/** The ranges that are not within others. */
export function distinctRanges(ranges: readonly AddressRange[]): readonly AddressRange[] {
  const distinct: AddressRange[] = [];
  // A range follows those that contain it.
  for (const range of [...ranges].sort()) {
    const before = distinct.at(-1);
    if (before === undefined || !range.startsWith(before)) distinct.push(range);
  }
  return distinct;
}

/** Creates the test of whether a text is an address in any of these ranges. */
export function createRangeTest(ranges: readonly AddressRange[]): (text: string) => boolean {
  const known = new Set(ranges);
  const lengths = [...new Set(ranges.map(({ length }) => length))];
  return (text) => {
    const address = parseAddress(text);
    return address !== null && lengths.some((length) => known.has(address.slice(0, length)));
  };
}

/** In each way to write an IPv4 address inside an IPv6 one. */
const MAPPED = /:ffff:/i;

/** In place of the number of an IPv4 address. */
export const NOT_IPV4 = -1;

/** An IPv4 address as one number; NOT_IPV4 for any other text. */
export function ipv4Number(text: string): number {
  const number = parseV4(text);
  if (number !== NOT_IPV4 || !MAPPED.test(text)) return number;
  const address = parseAddress(text);
  return address?.startsWith('4') ? numberOf(address) : NOT_IPV4;
}

/** The first and last address of an IPv4 range, as numbers; null for IPv6. */
export function ipv4Ends(range: AddressRange): readonly [first: number, last: number] | null {
  return range.startsWith('4') ? [numberOf(range.padEnd(33, '0')), numberOf(range.padEnd(33, '1'))] : null;
}

function numberOf(address: Address): number {
  return Number.parseInt(address.slice(1), 2);
}

/** Parses an address; null if the text is not valid. */
function parseAddress(text: string): Address | null {
  if (text.length > ADDRESS_TEXT_MAX) return null;
  if (text.includes(':')) return parseV6(text);
  const number = parseV4(text);
  return number === NOT_IPV4 ? null : `4${bitsOf(number >>> 16)}${bitsOf(number & 0xffff)}`;
}

/** `toString(2)` of the whole number would take longer than all else. */
function bitsOf(group: number): string {
  return `${BITS[group >> 12]}${BITS[(group >> 8) & 15]}${BITS[(group >> 4) & 15]}${BITS[group & 15]}`;
}

/** The bits of each hexadecimal digit. */
const BITS = '0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111'.split(' ');

/** Character by character, because nearly every entry has an address. NOT_IPV4 if the text is not one. */
function parseV4(text: string): number {
  // Not `let [a, b] = [0, 0]`, which takes as long as the rest before the platform compiles this.
  let number = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      part = part * 10 + digit;
      if (++digits > 3) return NOT_IPV4;
    } else if ((i === text.length || digit === DOT) && digits > 0 && part <= 255 && dots < 4) {
      number = number * 256 + part;
      dots++;
      part = 0;
      digits = 0;
    } else return NOT_IPV4;
  }
  return dots === 4 ? number : NOT_IPV4;
}

const ZERO = '0'.charCodeAt(0);
const DOT = '.'.charCodeAt(0) - ZERO;

/** The last two groups may be written as an IPv4 address. */
function parseV6(text: string): Address | null {
  const last = text.lastIndexOf(':') + 1;
  const v4 = parseV4(text.slice(last));
  const v4Groups = [v4 >>> 16, v4 & 0xffff].map((group) => group.toString(16)).join(':');
  const hex = v4 === NOT_IPV4 ? text : text.slice(0, last) + v4Groups;
  const halves = hex.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const [left = [], right = []] = halves;
  const missing = 8 - left.length - right.length;
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return null;
  const groups = [...left, ...new Array<string>(missing).fill('0'), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const bits = groups.map((group) => bitsOf(Number.parseInt(group, 16))).join('');
  return bits.startsWith(MAPPED_BITS) ? `4${bits.slice(MAPPED_BITS.length)}` : `6${bits}`;
}

const MAPPED_BITS = '0'.repeat(80) + '1'.repeat(16);
