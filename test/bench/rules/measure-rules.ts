/**
 * Measures the evaluation of entries: the engine against hand-written code and the peers, in one runtime.
 *
 * Contract: throws if a peer finds something else than the engine, with the difference.
 */
import { compare } from '../measure.ts';
import { bundleAll, ENGINE, PREPARED, type RulesToBuild } from './build.ts';
import { type BenchEntry, distinctEntries } from './entries.ts';
import { type Running, type Runtime, start } from './runtime.ts';
import type { Found } from './serve.ts';

export interface Evaluating extends RulesToBuild {
  readonly runtime: Runtime;
  readonly entries: readonly object[];
  readonly subjects: readonly { readonly name: string; readonly share: number }[];
  readonly rounds: number;
  /** Whether all values are made distinct first: only for entries of the audit log. */
  readonly distinct?: boolean;
}

export interface Evaluated {
  readonly name: string;
  /** How many entries it was measured on. */
  readonly entries: number;
  readonly matches: number;
  readonly nsPerEntry: number;
  /** From the module loaded to the first entry evaluated, the first time. */
  readonly readyMs: number;
  /** Heap in use when ready, and after the entries; null if unknown. */
  readonly readyBytes: number | null;
  readonly heldBytes: number | null;
}

/** Entries per request. */
const CHUNK = 10_000;
const now = (): number => performance.now();

/** Measures the subjects on the same entries and rules. */
export async function evaluateAll(what: Evaluating): Promise<Evaluated[]> {
  const { runtime, entries, subjects, rounds, distinct = false, log = 'audit' } = what;
  const names = subjects.map(({ name }) => name);
  const { code } = await bundleAll(names, what);
  // What repeats in no entry must not repeat in the next round either.
  const isRotated = distinct || log === 'process';
  const running = await start(runtime, code);
  try {
    for (let i = 0; i < entries.length; i += CHUNK) {
      await running.ask('/entries', JSON.stringify(entries.slice(i, i + CHUNK)));
    }
    if (distinct) await running.ask('/distinct');
    const counted = subjects.map(({ name, share }) => ({
      name,
      count: Math.max(1, Math.min(entries.length, Math.round(entries.length * share))),
    }));
    const made = new Map<string, { readyMs: number; readyBytes: number | null; matches: number }>();
    for (const { name, count } of counted) {
      const before = await heap(running);
      const began = now();
      await running.ask(asked('make', name));
      const readyMs = now() - began;
      const readyBytes = before === null ? null : ((await heap(running)) ?? 0) - before;
      const matches = name === PREPARED ? 0 : await checked(running, name, count, what);
      made.set(name, { readyMs, readyBytes, matches });
    }
    const measured = await compare(
      [
        { name: '', go: async () => void (await running.ask('/nothing')) },
        ...counted.map(({ name, count }) => {
          let from = 0;
          const go = async (): Promise<void> => {
            await running.ask(`${asked('run', name, count)}&from=${from}`);
            if (isRotated) from = (from + count) % entries.length;
          };
          return { name, go };
        }),
      ],
      { rounds, warmUp: 1 },
      now,
    );
    const nothing = measured[0]?.median ?? 0;
    const evaluated: Evaluated[] = [];
    for (const { name, count } of counted) {
      const median = measured.find((one) => one.name === name)?.median ?? Number.NaN;
      const { readyMs = Number.NaN, readyBytes = null, matches = 0 } = made.get(name) ?? {};
      const before = await heap(running);
      await running.ask(asked('drop', name));
      const heldBytes = before === null ? null : before - ((await heap(running)) ?? 0);
      const nsPerEntry = ((median - nothing) / count) * 1e6;
      evaluated.push({
        name,
        entries: count,
        matches,
        nsPerEntry,
        readyMs: Math.max(0, readyMs - nothing),
        readyBytes,
        heldBytes,
      });
    }
    return evaluated;
  } finally {
    await running.stop();
  }
}

async function heap(running: Running): Promise<number | null> {
  return (await running.ask('/heap')) as number | null;
}

/** The number of matches; throws if the subject and the engine differ. */
async function checked(
  running: Running,
  name: string,
  count: number,
  { ruleSet, entries, distinct = false }: Evaluating,
): Promise<number> {
  const found = (await running.ask(asked('check', name, count))) as Found;
  const expected = name === ENGINE ? found : ((await running.ask(asked('check', ENGINE, count))) as Found);
  const shown = distinct ? distinctEntries(entries as readonly BenchEntry[]) : entries;
  const problem = disagreement(name, expected, found, ruleSet.rules, shown);
  if (problem !== null) throw new Error(problem);
  return Object.values(found).reduce((sum, [matches]) => sum + matches, 0);
}

/** How the matches of a subject differ from the engine's, in words; null if they don't. Pure. */
export function disagreement(
  name: string,
  expected: Found,
  found: Found,
  rules: readonly { readonly id: string; readonly title: string }[],
  entries: readonly object[],
): string | null {
  for (const { id, title } of rules) {
    const [ourMatches, ourLast] = expected[id] ?? [0, -1];
    const [theirMatches, theirLast] = found[id] ?? [0, -1];
    if (ourMatches === theirMatches && ourLast === theirLast) continue;
    const example =
      ourLast === theirLast ? '' : `, for instance on ${JSON.stringify(entries[Math.max(ourLast, theirLast)])}`;
    return `${name} does not agree with ${ENGINE} on “${title}”: ${theirMatches} matches, not ${ourMatches}${example}`;
  }
  return null;
}

function asked(what: string, name: string, count?: number): string {
  return `/${what}/${encodeURIComponent(name)}${count === undefined ? '' : `?count=${count}`}`;
}
