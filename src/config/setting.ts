/**
 * Reads one setting from the environment.
 *
 * Contract: pure; no problem holds a secret's value. Of other values only a short one that can't be a secret is shown, since
 * people paste secrets into the wrong line.
 */
import { formatDuration, parseDuration } from '../text/duration.ts';

/** What is wrong with a setting. */
export interface SettingProblem {
  readonly setting: string;
  /** `error`: something does not work, or not as set. `notice`: it works, but may not be what was meant. */
  readonly severity: 'error' | 'notice';
  /** Follows the setting's name: `is not set`. Never holds a secret's value. */
  readonly problem: string;
  /** What happens until it is fixed. */
  readonly meanwhile: string;
  /** How to fix it, with an example and the command. */
  readonly hint: string;
}

/** Without these settings nothing can be watched. */
const NEEDED = ['NIRVANA_LABS_API_KEY', 'NIRVANA_LABS_BASE_URL', 'LEDGER'];

/** Whether nothing can be watched because of these problems, whatever the ledger last knew. */
export function preventsWatching(problems: readonly Pick<SettingProblem, 'setting' | 'severity'>[]): boolean {
  return problems.some(({ setting, severity }) => severity === 'error' && NEEDED.includes(setting));
}

/** Where a setting that is not a secret goes, for a `hint`. */
export const IN_VARS = 'under [vars] in wrangler.toml (locally: in .dev.vars), then npm run deploy';

/** The command that sets a secret, for a `hint`. */
export function bySecret(setting: string): string {
  return `npx wrangler secret put ${setting} (locally: in .dev.vars)`;
}

/** What was read: a value, nothing (absent or empty), or a value that is wrong and why. */
export type Reading<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'wrong'; readonly problem: string };

export const absent = { kind: 'absent' } as const;

export function value<T>(read: T): Reading<T> {
  return { kind: 'value', value: read };
}

export function wrong(problem: string): Reading<never> {
  return { kind: 'wrong', problem };
}

/** The value; or null, and the problem is recorded. `missing` is null if the setting is optional. */
export type Take = <T>(
  setting: string,
  reading: Reading<T>,
  texts: { readonly missing: string | null; readonly meanwhile: string; readonly hint: string },
) => T | null;

/** Creates a `Take` that adds to `problems`. */
export function createTake(problems: SettingProblem[]): Take {
  return (setting, reading, { missing, meanwhile, hint }) => {
    if (reading.kind === 'value') return reading.value;
    const problem = reading.kind === 'wrong' ? reading.problem : missing;
    if (problem !== null) problems.push({ setting, severity: 'error', problem, meanwhile, hint });
    return null;
  };
}

/** The setting's text, without white space and line breaks around it, which pasting adds. */
export function readText(env: Environment, name: string): Reading<string> {
  const raw = env[name];
  if (raw === undefined || raw === null) return absent;
  if (typeof raw !== 'string') return wrong(`is ${kindOf(raw)}, not text`);
  const text = raw.trim();
  if (text === '') return absent;
  if (/^(["'`“”‘’]).*["'`“”‘’]$/su.test(text)) return wrong('is wrapped in quotes');
  return value(text);
}

/** The environment as the runtime gives it: texts, and bindings. */
export type Environment = { readonly [name: string]: unknown };

/** A duration between `leastMs` and `mostMs`. */
export function readDuration(env: Environment, name: string, leastMs: number, mostMs: number): Reading<number> {
  return after(readText(env, name), (text) => {
    const ms = parseDuration(text);
    if (ms === null) return wrong(`is not a duration: ${truncate(text)}`);
    if (ms < leastMs) return wrong(`is shorter than ${formatDuration(leastMs)}: ${truncate(text)}`);
    if (ms > mostMs) return wrong(`is longer than ${formatDuration(mostMs)}: ${truncate(text)}`);
    return value(ms);
  });
}

/** One of a few words. */
export function readChoice<T extends string>(env: Environment, name: string, choices: readonly T[]): Reading<T> {
  return after(readText(env, name), (text) => {
    const choice = choices.find((word) => word === text.toLowerCase());
    return choice === undefined ? wrong(`is neither ${choices.join(' nor ')}: ${truncate(text)}`) : value(choice);
  });
}

/** `next` of the value, if there is one. */
export function after<T, U>(reading: Reading<T>, next: (read: T) => Reading<U>): Reading<U> {
  return reading.kind === 'value' ? next(reading.value) : reading;
}

/** A value that people may recognize, if it is too short and plain to be a secret; else only its length. */
export function truncate(text: string): string {
  const plain = /^[\w .:+-]{1,12}$/.test(text) || /^\d{4}-\d\d[\dTZtz:.+-]{0,30}$/.test(text);
  return plain ? `\`${text}\`` : `(${text.length} characters)`;
}

function kindOf(raw: unknown): string {
  if (Array.isArray(raw)) return 'a list';
  return typeof raw === 'object' ? 'a binding or JSON' : `a ${typeof raw}`;
}
