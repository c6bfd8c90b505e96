/**
 * Text values as they are kept: short plain ones as they are, all others as a hash.
 *
 * Who writes the values must not be able to make two of them look like one, or large: so the hash is SHA-256 (of the
 * UTF-16 code units, the first 192 bits kept), and begins with a character that no plain value has. Of a text above
 * 65,536 characters the first so many and the length count.
 */

const PLAIN = /^[ !#-[\]-~]{0,64}$/;
const READ_MOST = 65_536;

export function textKey(text: string): string {
  if (PLAIN.test(text)) return text;
  const words = sha256(text.length > READ_MOST ? text.slice(0, READ_MOST) + text.length : text);
  return `§${Array.from(words.subarray(0, 6), (word) => (word >>> 0).toString(36).padStart(7, '0')).join('')}`;
}

/** The fractional parts of the square roots of the first 8 primes, and of the cubic roots of the first 64. */
let constants: { readonly start: Int32Array; readonly rounds: Int32Array } | null = null;

function makeConstants(): NonNullable<typeof constants> {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const fraction = (root: number): number => (root % 1) * 2 ** 32;
  return {
    start: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)) | 0),
    rounds: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)) | 0),
  };
}

/** SHA-256 of a text's UTF-16 code units, high byte first, as eight words. */
export function sha256(text: string): Int32Array {
  constants ??= makeConstants();
  const { length } = text;
  const words = new Int32Array(16 * Math.ceil((length * 2 + 9) / 64));
  for (let i = 0; i < length; i++) words[i >> 1] = (words[i >> 1] as number) | (text.charCodeAt(i) << (i & 1 ? 0 : 16));
  words[length >> 1] = (words[length >> 1] as number) | (0x8000 << (length & 1 ? 0 : 16));
  words[words.length - 1] = length * 16;
  const state = Int32Array.from(constants.start);
  const schedule = new Int32Array(64);
  for (let block = 0; block < words.length; block += 16) {
    schedule.set(words.subarray(block, block + 16));
    compress(state, schedule, constants.rounds);
  }
  return state;
}

function compress(state: Int32Array, w: Int32Array, rounds: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const small = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
    const large = turned(y, 17) ^ turned(y, 19) ^ (y >>> 10);
    w[i] = (w[i - 16] as number) + small + (w[i - 7] as number) + large;
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i++) {
    const mixed = (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g));
    const one = (h + mixed + (rounds[i] as number) + (w[i] as number)) | 0;
    const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  add(state, [a, b, c, d, e, f, g, h]);
}

function add(state: Int32Array, words: readonly number[]): void {
  for (let i = 0; i < 8; i++) state[i] = (state[i] as number) + (words[i] as number);
}

function turned(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
