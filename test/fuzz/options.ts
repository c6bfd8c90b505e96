/** The command line of `npm run fuzz`. Pure. */
import { parseArgs } from 'node:util';
import { counted } from '../../src/text/numbers.ts';

export const INPUTS_DEFAULT = 1_000_000;

/** `kinds`: the name of each, what it is about, and its share of a million inputs. */
export function helpText(
  kinds: readonly { readonly name: string; readonly about: string; readonly share: number }[],
): string {
  const lines = kinds.map(({ name, about, share }) => `  ${name.padEnd(9)}  ${about} (${counted(share, 'input')})`);
  return `usage: npm run fuzz -- [--inputs N] [--seed N] [--only KIND] [--from N] [--jobs N] [--stop N] [--json] [--quiet]

Puts hostile input into Tocsin and reads back what comes out: messages, pages, the command line, log lines. Nothing that
somebody else wrote may be more than text in any of them; no secret may be in them; no request may end in a 500.

  --inputs N   how many inputs of all kinds (${INPUTS_DEFAULT})
  --seed N     another seed makes other inputs (1)
  --only KIND  inputs of this kind only
  --from N     the number of the first input, of each kind (0)
  --jobs N     processes at once (2)
  --stop N     stop a kind after so many findings (3)
  --json       the outcome as one JSON object
  --quiet      no progress

Of a million inputs:
${lines.join('\n')}

Exit codes: 0 nothing was found, 1 something was, 2 wrong arguments.
`;
}

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  readonly only: string | null;
  readonly from: number;
  readonly jobs: number;
  readonly stop: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

export type ReadOptions =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string }
  | { readonly kind: 'run'; readonly options: FuzzOptions };

const WHOLE = { inputs: INPUTS_DEFAULT, seed: 1, from: 0, jobs: 2, stop: 3 } as const;
const LEAST: { readonly [name in keyof typeof WHOLE]: number } = { inputs: 1, seed: 0, from: 0, jobs: 1, stop: 1 };

/** Reads the arguments; `names`: of the kinds. */
export function readOptions(args: readonly string[], names: readonly string[]): ReadOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...{ inputs: text, seed: text, from: text, jobs: text, stop: text, only: text },
        ...{ json: flag, quiet: flag, help: { ...flag, short: 'h' } },
      },
    });
    if (values.help) return { kind: 'help' };
    const { only = null, json, quiet } = values;
    if (only !== null && !names.includes(only))
      return { kind: 'wrong', problem: `--only is one of ${names.join(', ')}` };
    const numbers: { -readonly [name in keyof typeof WHOLE]: number } = { ...WHOLE };
    for (const name of Object.keys(WHOLE) as (keyof typeof WHOLE)[]) {
      const given = values[name];
      if (given === undefined) continue;
      const number = Number(given);
      if (!/^\d{1,10}$/.test(given) || number < LEAST[name]) {
        return { kind: 'wrong', problem: `--${name} must be a whole number from ${LEAST[name]} on` };
      }
      numbers[name] = number;
    }
    return { kind: 'run', options: { ...numbers, only, json, quiet } };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}
