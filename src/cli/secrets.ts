/**
 * Which secrets a deployment has to bring along: those that the Worker lacks, from where they can be had. Pure.
 */
import type { Environment } from '../config/setting.ts';
import { readApiKey, readSecret } from '../config/values.ts';
import { CALLED_WRONGLY, Failure } from './failure.ts';

export const REQUIRED = ['NIRVANA_LABS_API_KEY', 'LINK_SECRET'] as const;
export type Required = (typeof REQUIRED)[number];

/** Where a secret that is missing comes from. */
export type Source =
  | { readonly from: 'environment' | '.dev.vars'; readonly value: string }
  /** Somebody has to be asked for it. */
  | { readonly from: 'person' }
  /** Made for the occasion. */
  | { readonly from: 'chance' };

const READERS = { NIRVANA_LABS_API_KEY: readApiKey, LINK_SECRET: readSecret } as const;

/** Where each required secret that is not among `set` comes from. */
export function sources(set: readonly string[], env: Environment, devVars: Environment): Map<Required, Source> {
  const found = new Map<Required, Source>();
  for (const name of REQUIRED) {
    if (set.includes(name)) continue;
    const fromEnv = checked(name, env);
    // A key in .dev.vars may be one for trying things out: it goes nowhere unasked. The link secret is our own.
    const fromFile = name === 'LINK_SECRET' ? checked(name, devVars) : null;
    if (fromEnv !== null) found.set(name, { from: 'environment', value: fromEnv });
    else if (fromFile !== null) found.set(name, { from: '.dev.vars', value: fromFile });
    else found.set(name, { from: name === 'LINK_SECRET' ? 'chance' : 'person' });
  }
  return found;
}

/** The value, as the Worker would read it; null where there is none. Throws a `Failure` where it is no good. */
export function checked(name: Required, values: Environment): string | null {
  const read = READERS[name](values, name);
  if (read.kind === 'wrong') throw new Failure(`${name} ${read.problem}`, 'Nothing was deployed.', CALLED_WRONGLY);
  return read.kind === 'value' ? read.value : null;
}
