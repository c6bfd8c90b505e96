/**
 * Makes and checks inputs of one kind. Deterministic: an input depends on the seed, the kind and its number alone.
 */
import { createDice } from '../simulation/random.ts';
import type { FuzzKind, Json } from './kind.ts';
import { shrink } from './shrink.ts';

/** An input takes milliseconds; this much is a hang, even on a busy machine. */
const INPUT_MS_MAX = 10_000;

export interface Finding {
  readonly kind: string;
  /** The number of the input. */
  readonly number: number;
  readonly problem: string;
  /** The smallest input that fails, and its problem. */
  readonly smallest: Json;
  readonly smallestProblem: string;
}

export interface RunOptions {
  readonly seed: number;
  /** The number of the first input. */
  readonly from: number;
  readonly inputs: number;
  /** Stops after so many findings. */
  readonly stop: number;
  readonly progress?: (done: number) => void;
}

export interface RunResult {
  readonly kind: string;
  readonly inputs: number;
  readonly ms: number;
  readonly findings: readonly Finding[];
}

/** Makes and checks so many inputs. */
export async function runKind(kind: FuzzKind, { seed, from, inputs, stop, progress }: RunOptions): Promise<RunResult> {
  const findings: Finding[] = [];
  const began = performance.now();
  let done = 0;
  for (; done < inputs && findings.length < stop; done++) {
    const number = from + done;
    const input = inputOf(kind, seed, number);
    const problem = await problemOf(kind, input);
    if (problem !== null) {
      const smallest = await shrink(input, async (candidate) => sameKind(await problemOf(kind, candidate), problem));
      const smallestProblem = (await problemOf(kind, smallest)) ?? problem;
      findings.push({ kind: kind.name, number, problem, smallest, smallestProblem });
    }
    if (done % 256 === 255) progress?.(done + 1);
  }
  return { kind: kind.name, inputs: done, ms: performance.now() - began, findings };
}

/** The input with this number. */
export function inputOf(kind: FuzzKind, seed: number, number: number): Json {
  let mixed = seed >>> 0;
  for (const character of kind.name) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return kind.generate(createDice(Math.imul(mixed ^ number, 0x85ebca6b) ^ (number >>> 5)));
}

/** Whether they begin alike: a smaller input must not be wrong for another reason. */
function sameKind(problem: string | null, as: string): boolean {
  return problem !== null && problem.slice(0, 24) === as.slice(0, 24);
}

async function problemOf(kind: FuzzKind, input: Json): Promise<string | null> {
  const began = performance.now();
  try {
    const problem = await kind.check(input);
    const ms = performance.now() - began;
    return problem ?? (ms > INPUT_MS_MAX ? `it took ${Math.round(ms)} ms` : null);
  } catch (error) {
    return `it threw ${error instanceof Error ? (error.stack?.split('\n').slice(0, 3).join(' ') ?? error.message) : String(error)}`;
  }
}
