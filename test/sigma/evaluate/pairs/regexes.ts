/**
 * Random regular expressions, each with a sampler: a function that makes texts it probably matches.
 *
 * Contract: every expression is valid. The same expressions for the same random numbers.
 */
import { prepareRegex } from '../../../../src/sigma/regex/prepared.ts';
import type { Random } from '../../../sandbox/random.ts';
import type { Words } from './words.ts';

export interface SampledRegex {
  readonly source: string;
  readonly flags: string;
  readonly sample: () => string;
}

/** A part of an expression. */
interface Piece {
  readonly source: string;
  readonly sample: () => string;
  /** Whether a repetition after it repeats all of it. */
  readonly isOne: boolean;
}

const FLAGS = ['', '', '', 'i', 'i', 'i', 'm', 's', 'im', 'is'];

export function createRegexes(random: Random, words: Words): () => SampledRegex {
  function letters(): Piece {
    const text = [...words.literal()].slice(0, random.chance(0.7) ? 8 : 40).join('') || 'a';
    return { source: escaped(text), sample: () => text, isOne: false };
  }

  function single(): Piece {
    const [source, ...samples] = random.pick<readonly [string, ...string[]]>([
      ...([
        ['[ab]', 'a', 'b'],
        ['[aA]', 'a', 'A'],
        ['[A-D]', 'A', 'D'],
        ['[^a]', 'b', '😀'],
        ['.', 'a', 'İ'],
      ] as const),
      ...([
        ['\\d', '1', '0'],
        ['\\w', 'a', '_'],
        ['[sſ]', 's', 'ſ'],
        ['[kK\\x{212A}]', 'k', '\u212a'],
      ] as const),
      ...([
        ['s', 's', 'S'],
        ['k', 'k', 'K'],
        ['\\x{212A}', '\u212a'],
        ['ſ', 'ſ'],
        ['[b-d]', 'b', 'd'],
      ] as const),
      ...([
        ['ß', 'ß'],
        ['Σ', 'Σ'],
        ['σ', 'σ'],
        ['İ', 'İ'],
        ['\\x{10400}', '𐐀'],
        ['[𐐀𐐨]', '𐐨'],
        ['\\n', '\n'],
      ] as const),
    ]);
    return { source, sample: () => random.pick(samples), isOne: true };
  }

  function group(depth: number): Piece {
    const of = Array.from({ length: 1 + random.below(3) }, () => sequence(depth - 1));
    if (random.chance(0.1)) of.push({ source: '', sample: () => '', isOne: false });
    const open = random.pick(['(', '(', '(?:', '(?i:']);
    const source = `${open}${of.map((one) => one.source).join('|')})`;
    return { source, sample: () => random.pick(of).sample(), isOne: true };
  }

  function repeated(depth: number): Piece {
    const one = random.chance(0.6) || depth === 0 ? single() : group(depth);
    const of = one.isOne ? one : { ...one, source: `(?:${one.source})` };
    const [sign, least, most] = random.pick<readonly [string, number, number]>([
      ...([
        ['?', 0, 1],
        ['*', 0, 3],
        ['+', 1, 3],
        ['{2}', 2, 2],
        ['{4}', 4, 4],
        ['{1,3}', 1, 3],
      ] as const),
      ...([
        ['{0,2}', 0, 2],
        ['{0}', 0, 0],
        ['{1}', 1, 1],
        ['{5,}', 5, 6],
        ['{33}', 33, 33],
        ['+?', 1, 2],
      ] as const),
    ]);
    const sample = (): string => {
      let text = '';
      for (let times = least + random.below(most - least + 1); times > 0; times--) text += of.sample();
      return text;
    };
    return { source: of.source + sign, sample, isOne: false };
  }

  function piece(depth: number): Piece {
    const choice = random.next();
    if (choice < 0.5) return letters();
    if (choice < 0.65) return single();
    if (choice < 0.8) return repeated(depth);
    if (choice < 0.84)
      return { source: random.pick(['\\b', '^', '$', '\\B', '(?i)', '(?m)']), sample: () => '', isOne: false };
    return depth > 0 ? group(depth) : letters();
  }

  function sequence(depth: number): Piece {
    const of = Array.from({ length: 1 + random.below(3) }, () => piece(depth));
    const source = of.map((one) => one.source).join('');
    return { source, sample: () => of.map((one) => one.sample()).join(''), isOne: false };
  }

  return () => {
    for (;;) {
      const body = sequence(2);
      const [start, end] = [random.chance(0.25) ? '^' : '', random.chance(0.25) ? '$' : ''];
      const source = start + body.source + end;
      const flags = random.pick(FLAGS);
      // Repetitions of repetitions and of assertions are refused.
      if (!prepareRegex(source, flags).ok) continue;
      const isLines = flags.includes('m');
      const sample = (): string => {
        const text = flags.includes('i') ? words.vary(body.sample()) : body.sample();
        const before = start === '' ? words.padding() : isLines && random.chance(0.5) ? `${words.padding()}\n` : '';
        const after = end === '' ? words.padding() : isLines && random.chance(0.5) ? `\n${words.padding()}` : '';
        return before + text + after;
      };
      return { source, flags, sample };
    }
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&').replaceAll('\0', '\\x00');
}
