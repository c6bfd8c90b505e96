/**
 * Configured receivers: the settings and the routing together, each receiver ready to be created, or why it can't be.
 *
 * Contract: pure. What a type of receiver takes is a parameter. A receiver whose setting is missing or wrong stays in the
 * list with its problem: what is queued for it is dead with that reason, and another receiver is notified of that. No
 * problem holds a secret's value.
 */
import {
  DEFAULT_MIN_LEVEL,
  type DeclaredReceiver,
  type RoutableType,
  type RoutedReceiver,
  type Routing,
  secretsOf,
} from '../routing/routing.ts';
import { bySecret, type Environment, type Reading, readText, type SettingProblem } from './setting.ts';

/** A type of receiver as the settings see it. `Create` makes a receiver from what `read` found. */
export interface ConfigurableType<Create> extends RoutableType {
  /** What the secret holds, in words: `an incoming webhook's URL, https://…`. */
  readonly expects: string;
  /** Names of settings besides the two secrets, shared by all receivers of this type. */
  readonly settings: readonly string[];
  /** Names of bindings, shared by all receivers of this type. */
  readonly bindings: readonly string[];
  /**
   * The places in a secret that may hold several addresses, each of which becomes a receiver of its own: one delivery has
   * one recipient. At least one place; 1 where the secret can't be read. Null: a secret holds one address.
   */
  readonly placesIn: ((env: Environment, secret: string) => readonly number[]) | null;
  /** Programs read what is sent there, not people. */
  readonly forPrograms?: true;
  /** It changes what it sent, a message or an incident, as the alert changes. */
  readonly edits?: true;
  /** Reads what `receiver` needs through `take`. Null: something is missing or wrong, and `take` has recorded it. */
  read(env: Environment, receiver: PlacedReceiver, take: TakeSetting): Create | null;
}

/** A declared receiver, or one of the several that it stands for. */
export interface PlacedReceiver extends DeclaredReceiver {
  /** Where its address is in the secret, counted from 1. */
  readonly place: number;
}

/** The value; or null, and what is missing or wrong is recorded. `missing`: the problem where it is absent. */
export type TakeSetting = <T>(setting: string, reading: Reading<T>, hint: string, missing?: string) => T | null;

/** A receiver that is declared or set. One that can't be created has a problem. */
export type ConfiguredReceiver<Create = unknown> = RoutedReceiver &
  ({ readonly problem: null; readonly create: Create } | { readonly problem: string; readonly create: null });

export interface Receivers<Create> {
  /** Every declared receiver, by its places; without a routing, every type whose secret is set. */
  readonly receivers: readonly ConfiguredReceiver<Create>[];
  readonly problems: readonly SettingProblem[];
}

const NOBODY_NOTIFIED = 'alerts are recorded, but NOBODY IS NOTIFIED';

/** Reads the receivers, and everything that is wrong with their settings. */
export function readReceivers<Create>(
  env: Environment,
  types: readonly ConfigurableType<Create>[],
  routing: Routing | null,
): Receivers<Create> {
  const declared = routing?.receivers ?? types.map(defaultReceiver).filter(({ secret }) => isSet(env, secret));
  const read = declared.flatMap((receiver) => readDeclared(env, types, receiver));
  const receivers = read.map(({ receiver }) => receiver);
  const anyWorks = receivers.some(({ problem }) => problem === null);
  return {
    receivers,
    problems: [
      ...(receivers.length === 0 ? noReceivers(types) : []),
      ...flawProblems(read, anyWorks),
      ...(routing === null ? types.flatMap((type) => missingSecrets(env, type)) : []),
    ],
  };
}

/** The settings' names that the receivers take: by default, and by the routing. */
export function receiverSettings(
  types: readonly ConfigurableType<unknown>[],
  routing: Routing | null,
): readonly string[] {
  const names = [...types, ...(routing?.receivers ?? [])].flatMap(secretsOf);
  return [...new Set([...names, ...types.flatMap(({ settings }) => settings)])];
}

/** The names that no receiver's secret may have, since all receivers of a type share what they hold. */
export function sharedSettings(types: readonly ConfigurableType<unknown>[]): readonly string[] {
  return types.flatMap(({ settings, bindings }) => [...settings, ...bindings]);
}

function defaultReceiver({ type, secret, signingSecret }: RoutableType): DeclaredReceiver {
  return { name: type, type, secret, signingSecret, minLevel: DEFAULT_MIN_LEVEL };
}

function isSet(env: Environment, name: string): boolean {
  return readText(env, name).kind !== 'absent';
}

/** A setting of a receiver that is missing or wrong. */
type Flaw = Pick<SettingProblem, 'setting' | 'problem' | 'hint'>;

interface Read<Create> {
  readonly receiver: ConfiguredReceiver<Create>;
  readonly flaws: readonly Flaw[];
}

/** The receivers that a declared one stands for: one per place in its secret. */
function readDeclared<Create>(
  env: Environment,
  types: readonly ConfigurableType<Create>[],
  declared: DeclaredReceiver,
): readonly Read<Create>[] {
  // A routing that the build checked names known types only.
  const type = types.find((each) => each.type === declared.type) ?? null;
  const places = type?.placesIn?.(env, declared.secret) ?? [1];
  return places.map((place) => readReceiver(env, type, { ...declared, name: nameAt(declared.name, place), place }));
}

/** `email`, `email/2`, `email/3`: no declared name has a slash, and no name has an address, which is secret. */
function nameAt(name: string, place: number): string {
  return place === 1 ? name : `${name}/${place}`;
}

function readReceiver<Create>(
  env: Environment,
  type: ConfigurableType<Create> | null,
  placed: PlacedReceiver,
): Read<Create> {
  const { name, minLevel } = placed;
  const flaws: Flaw[] = [];
  const take: TakeSetting = (setting, reading, hint, missing = 'is not set') => {
    if (reading.kind === 'value') return reading.value;
    flaws.push({ setting, problem: reading.kind === 'absent' ? missing : reading.problem, hint });
    return null;
  };
  const create = type?.read(env, placed, take) ?? null;
  const common = {
    ...{ name, minLevel },
    ...(type?.forPrograms && { forPrograms: type.forPrograms }),
    ...(type?.edits && { edits: type.edits }),
  };
  const receiver: ConfiguredReceiver<Create> =
    create === null ? { ...common, problem: flawsText(flaws), create } : { ...common, problem: null, create };
  return { receiver, flaws };
}

/** `EMAIL_TO is not set; EMAIL is not bound`. */
function flawsText(flaws: readonly Flaw[]): string {
  return flaws.map(({ setting, problem }) => `${setting} ${problem}`).join('; ') || 'its type is unknown';
}

/** One problem per flaw, however many receivers share it. */
function flawProblems(read: readonly Read<unknown>[], anyWorks: boolean): readonly SettingProblem[] {
  const found = new Map<string, { readonly flaw: Flaw; readonly names: string[] }>();
  for (const { receiver, flaws } of read) {
    for (const flaw of flaws) {
      const key = `${flaw.setting} ${flaw.problem}`;
      const same = found.get(key) ?? { flaw, names: [] };
      found.set(key, { ...same, names: [...same.names, receiver.name] });
    }
  }
  return [...found.values()].map(({ flaw, names }) => ({
    ...flaw,
    severity: 'error',
    problem: `${flaw.problem} (receiver${names.length === 1 ? '' : 's'} ${names.join(', ')})`,
    meanwhile: anyWorks
      ? "what is sent there can't be delivered; another receiver is notified of that"
      : NOBODY_NOTIFIED,
  }));
}

/** No receiver is set at all: the first type is proposed. */
function noReceivers([first]: readonly ConfigurableType<unknown>[]): readonly SettingProblem[] {
  if (first === undefined) return [];
  return [
    {
      setting: first.secret,
      severity: 'error',
      problem: 'is not set, and no other receiver is',
      meanwhile: NOBODY_NOTIFIED,
      hint: `set it to ${first.expects}: ${bySecret(first.secret)}; docs/receivers.md lists the other receivers`,
    },
  ];
}

/** A notice for each setting of a type that is set while the type's secret is not. */
function missingSecrets(env: Environment, type: ConfigurableType<unknown>): readonly SettingProblem[] {
  const { secret } = type;
  if (isSet(env, secret)) return [];
  const others = [...secretsOf(type).slice(1), ...type.settings].filter((name) => isSet(env, name));
  return others.map((other) => ({
    setting: secret,
    severity: 'notice',
    problem: `is not set, but ${other} is`,
    meanwhile: 'nothing is sent there',
    hint: `set it: ${bySecret(secret)}; or remove ${other}`,
  }));
}
