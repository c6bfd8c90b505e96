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
  return `§${words
    .slice(0, 6)
    .map((word) => (word >>> 0).toString(36).padStart(7, '0'))
    .join('')}`;
}

/** The fractional parts of the roots of the first 64 primes: of the square roots eight, of the cubic ones all. */
let constants: { readonly start: readonly number[]; readonly rounds: readonly number[] } | null = null;

function makeConstants(): NonNullable<typeof constants> {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  const fraction = (root: number): number => ((root % 1) * 2 ** 32) | 0;
  return {
    start: primes.slice(0, 8).map((p) => fraction(p ** 0.5)),
    rounds: primes.map((p) => fraction(Math.cbrt(p))),
  };
}

/** SHA-256 of a text's UTF-16 code units, high byte first, as eight words. */
export function sha256(text: string): readonly number[] {
  constants ??= makeConstants();
  const { start, rounds } = constants;
  const blocks = Math.ceil((text.length * 2 + 9) / 64);
  const words = new Int32Array(blocks * 16);
  for (let i = 0; i < text.length; i++)
    words[i >> 1] = (words[i >> 1] as number) | (text.charCodeAt(i) << (i & 1 ? 0 : 16));
  words[text.length >> 1] = (words[text.length >> 1] as number) | (0x8000 << (text.length & 1 ? 0 : 16));
  words[words.length - 1] = text.length * 16;
  const state = [...start];
  const w = new Int32Array(64);
  for (let block = 0; block < words.length; block += 16) {
    let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < 64; i++) {
      if (i < 16) w[i] = words[block + i] as number;
      else {
        const x = w[i - 15] as number;
        const y = w[i - 2] as number;
        const small = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
        const large = turned(y, 17) ^ turned(y, 19) ^ (y >>> 10);
        w[i] = (w[i - 16] as number) + small + (w[i - 7] as number) + large;
      }
      const one =
        h +
        (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) +
        ((e & f) ^ (~e & g)) +
        (rounds[i] as number) +
        (w[i] as number);
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
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      state[i] = ((state[i] as number) + word) | 0;
    });
  }
  return state;
}

function turned(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
