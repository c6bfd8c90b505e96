/**
 * Random rules as files: selections with modifiers, conditions with quantifiers.
 *
 * Contract: most are valid; the caller leaves out those that are not. The same files for the same random numbers.
 */
import type { SourceFile } from '../../../../src/yaml/yaml.ts';
import type { Random } from '../../../sandbox/random.ts';
import { type ConditionOptions, NUMBERS, RANGES } from './conditions.ts';

const CONDITIONS = [
  ...['s1', 's1 and s2', 's1 or s2', 's1 and not s2', 'not s1', 'not (s1 or s2)', 's1 and not 1 of s2*'],
  ...['1 of s*', 'all of s*', '1 of them', 'all of them', 'any of s*', 'not 1 of s*', 'not all of them'],
  ...['s1 and 1 of s*', '(s1 or s2) and not (s1 and s2)', 'not not s1'],
];

const MODIFIERS = [
  ...['', '', '|contains', '|contains', '|startswith', '|endswith', '|contains|all', '|cased', '|contains|cased'],
  ...['|neq', '|startswith|neq', '|windash|contains', '|base64offset|contains', '|wide|base64offset|contains'],
  ...['|re', '|re|i', '|re|m|s', '|cidr', '|exists', '|lt', '|gte', '|hour', '|month|lt', '|fieldref'],
  '|fieldref|contains',
];

export function createFiles(options: ConditionOptions): (number: number) => SourceFile {
  const { random, fields } = options;
  const selection = (): unknown => {
    if (random.chance(0.05)) return Array.from({ length: 1 + random.below(3) }, () => text(options));
    const items = Array.from({ length: 1 + random.below(2) }, () => {
      const modifiers = random.pick(MODIFIERS);
      const one = (): unknown => valueFor(modifiers, options);
      const isSingle = modifiers.includes('exists') || random.chance(0.4);
      const values = isSingle ? one() : Array.from({ length: 2 + random.below(random.chance(0.2) ? 10 : 3) }, one);
      return [random.pick(fields) + modifiers, values] as const;
    });
    return Object.fromEntries(items);
  };
  return (number) => {
    const condition = random.pick(CONDITIONS);
    // Selections that are not used are errors.
    const others = /s2|\*|them/.test(condition) ? { s2: selection() } : {};
    const detection = { s1: selection(), ...others, condition };
    return {
      path: `${number}.yml`,
      text: `title: x\nlogsource: {product: x}\ndetection: ${JSON.stringify(detection)}\n`,
    };
  };
}

function valueFor(modifiers: string, options: ConditionOptions): unknown {
  const { random, fields, regex } = options;
  if (modifiers.startsWith('|re')) return regex().source;
  if (modifiers === '|cidr') return random.pick(RANGES);
  if (modifiers === '|exists') return random.chance(0.5);
  if (/^\|(hour|month)/.test(modifiers)) return 1 + random.below(12);
  if (/^\|(lt|gte)/.test(modifiers)) return random.pick(NUMBERS);
  if (modifiers.startsWith('|fieldref')) return random.pick(fields);
  if (modifiers !== '' || random.chance(0.8)) return text(options);
  return scalar(random);
}

function scalar(random: Random): unknown {
  return random.pick([null, true, false, ...NUMBERS]);
}

/** A text, often with a wildcard. */
function text({ random, words }: ConditionOptions): string {
  const literal = words.literal().toWellFormed();
  const choice = random.next();
  if (choice < 0.7) return literal || 'a';
  const at = random.below(literal.length + 1);
  return `${literal.slice(0, at)}${choice < 0.9 ? '*' : '?'}${literal.slice(at)}`.toWellFormed();
}
