/**
 * One setting as it stands in the environment, and what can be wrong with one.
 *
 * Contract: pure; no secret's value gets into a problem. Of other values only what is short and plainly no secret is
 * shown, for people paste secrets into the wrong line.
 */
import { formatDuration, parseDuration } from '../text/duration.ts';

/** Something about a setting that a person should hear of. */
export interface SettingProblem {
  readonly setting: string;
  /** `error`: something does not work, or not as asked. `notice`: it works, but look. */
  readonly severity: 'error' | 'notice';
  /** What is wrong, never with a secret's value. */
  readonly problem: string;
  /** What happens until it is mended. */
  readonly meanwhile: string;
  /** What would be right, with an example and the command that sets it. */
  readonly hint: string;
}

/** How to set what is no secret, for a `hint`. */
export const IN_VARS = 'under [vars] in wrangler.toml (locally: in .dev.vars), then npm run deploy';

/** How to set a secret, for a `hint`. */
export function bySecret(setting: string): string {
  return `npx wrangler secret put ${setting} (locally: in .dev.vars)`;
}

/** What was read: a value, nothing (absent or empty), or something that is wrong, in words. */
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

/** The value, or null and a problem. Where absence is no problem, `missing` is null. */
export type Take = <T>(
  setting: string,
  reading: Reading<T>,
  texts: { readonly missing: string | null; readonly meanwhile: string; readonly hint: string },
) => T | null;

/** Takes values, and adds what is wrong to `problems`. */
export function createTake(problems: SettingProblem[]): Take {
  return (setting, reading, { missing, meanwhile, hint }) => {
    if (reading.kind === 'value') return reading.value;
    const problem = reading.kind === 'wrong' ? reading.problem : missing;
    if (problem !== null) problems.push({ setting, severity: 'error', problem, meanwhile, hint });
    return null;
  };
}

/** The setting's text, without the white space and line breaks that come along when pasting. */
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

/** `next` of the value, where there is one. */
export function after<T, U>(reading: Reading<T>, next: (read: T) => Reading<U>): Reading<U> {
  return reading.kind === 'value' ? next(reading.value) : reading;
}

/** A value for people to recognize, if it is so short and plain that it is no secret; else only its length. */
export function truncate(text: string): string {
  const plain = /^[\w .:+-]{1,12}$/.test(text) || /^\d{4}-\d\d[\dTZtz:.+-]{0,30}$/.test(text);
  return plain ? `\`${text}\`` : `(${text.length} characters)`;
}

function kindOf(raw: unknown): string {
  if (Array.isArray(raw)) return 'a list';
  return typeof raw === 'object' ? 'a binding or JSON' : `a ${typeof raw}`;
}
