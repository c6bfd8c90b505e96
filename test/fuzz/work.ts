/** How inputs are divided among processes, and what came of them. Pure. */
import type { FuzzOptions } from './options.ts';
import type { RunResult } from './run.ts';

/** Some inputs of one kind, for one process. */
export interface Task {
  readonly kind: string;
  readonly from: number;
  readonly inputs: number;
}

/** Small enough that the processes end together, large enough that what a kind builds is worth it. */
const PART = 2_000;

/** The tasks: every kind by its share, in parts. */
export function tasksFor(
  kinds: readonly { readonly name: string; readonly share: number }[],
  { inputs, only, from }: Pick<FuzzOptions, 'inputs' | 'only' | 'from'>,
): readonly Task[] {
  const chosen = kinds.filter(({ name }) => only === null || name === only);
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  return chosen.flatMap(({ name, share }) => {
    const all = Math.max(1, Math.round((inputs * share) / shares));
    return Array.from({ length: Math.ceil(all / PART) }, (_, i) => ({
      kind: name,
      from: from + i * PART,
      inputs: Math.min(PART, all - i * PART),
    }));
  });
}

export interface Total {
  readonly kind: string;
  readonly inputs: number;
  /** Of one process. */
  readonly perSecond: number;
  readonly findings: number;
}

/** One line per kind, in the order of `names`. */
export function totals(names: readonly string[], results: readonly RunResult[]): readonly Total[] {
  return names.flatMap((kind) => {
    const of = results.filter((result) => result.kind === kind);
    if (of.length === 0) return [];
    const inputs = of.reduce((sum, result) => sum + result.inputs, 0);
    const ms = of.reduce((sum, result) => sum + result.ms, 0);
    const findings = of.reduce((sum, result) => sum + result.findings.length, 0);
    return [{ kind, inputs, perSecond: Math.round((inputs / Math.max(1, ms)) * 1000), findings }];
  });
}
