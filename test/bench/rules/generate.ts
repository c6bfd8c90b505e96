/**
 * Generates typical Sigma rules, the same for the same seed: lists of values, parts of texts, ranges of addresses, numbers,
 * exclusions, a few patterns. Pure.
 *
 * Contract: the first n of N rules are always the same. All kinds are among the first 50, and every peer can express all of
 * them.
 */
import type { SourceFile } from '../../../src/yaml/yaml.ts';
import { createRandom, type Random } from '../../sandbox/random.ts';
import { createWords, type MakeSearch, SEARCHES, type Search } from './searches.ts';

/** One file per rule. */
export function ruleFiles(count: number, seed = 7): SourceFile[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const words = createWords(random, familiarityOf(i));
    const search = (SEARCHES[i % SEARCHES.length] as MakeSearch)(words, random);
    return { path: `${i + 1}.yml`, text: documentOf(search, i + 1, random) };
  });
}

/** Rules with only regular expressions: the hardest for the engine. */
export function regexRuleFiles(count: number, seed = 11): SourceFile[] {
  const random = createRandom(seed);
  const words = createWords(random, 1);
  return Array.from({ length: count }, (_, i) => {
    const search = {
      title: 'Pattern',
      selections: { selection: [['path|re', words.pattern()] as const] },
      condition: 'selection',
    };
    return { path: `${i + 1}.yml`, text: documentOf(search, i + 1, random) };
  });
}

function documentOf({ title, selections, condition }: Search, number: number, random: Random): string {
  const lines = Object.entries(selections).flatMap(([name, items]) => [
    `  ${name}:`,
    ...items.map(([field, value]) => `    ${field}: ${JSON.stringify(value)}`),
  ]);
  return [
    `title: ${title} ${number}`,
    `id: ${random.uuid()}`,
    'logsource: {product: nirvana, service: audit}',
    `level: ${random.pick(['low', 'medium', 'high', 'critical'])}`,
    'detection:',
    ...lines,
    `  condition: ${condition}`,
    '',
  ].join('\n');
}

/** In the first rules, half of the words may occur in entries; of thousands of rules, most never match. */
function familiarityOf(i: number): number {
  return i < FAMILIAR ? 1 : Math.max(0.02, (FAMILIAR / i) ** 1.5);
}

const FAMILIAR = 50;
