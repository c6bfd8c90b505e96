/**
 * Silences: what people chose not to be notified of, for a time. As in Alertmanager, a silence is made of matchers.
 *
 * Contract: pure; never throws, whatever the input and the entries. A silence names a rule, an actor or an address; level, tag
 * and fields only narrow it. It never hides more than its author saw: what is critical only where its levels say so, and a
 * correlation only where every entry that contributed is known and matches. Times are ms since the epoch; whether a silence is
 * over a match depends on event time.
 */
import {
  hasEntryMatchers,
  type Matchers,
  type MatchFacts,
  matchEntry,
  matchRule,
  type NamedRule,
  rulesNamed,
} from '../routing/matchers.ts';
import { canonicalRange, type EntryBody, LEVELS, parseRange } from '../sigma/index.ts';
import { INVISIBLE } from '../text/invisible.ts';
import {
  number,
  object,
  oneOf,
  optional,
  orElse,
  type Read,
  readShape,
  type Shape,
  string,
  where,
} from '../text/shape.ts';

export interface Silence {
  readonly id: number;
  readonly matchers: Matchers;
  /** The first moment of it, and the first after it. */
  readonly startsAt: number;
  readonly endsAt: number;
  /** Who made it, as authenticated. */
  readonly author: string;
  readonly comment: string;
}

/** A silence that was asked for. */
export type NewSilence = Omit<Silence, 'id' | 'author'>;

/** A match, as far as silences depend on it. */
export interface SilencedMatch extends MatchFacts {
  /** The entry; of a correlation, every entry that contributed. Null: not all of them are known. */
  readonly entries: readonly EntryBody[] | null;
}

/** The silence over a match that occurred at `at`; of several, the one that ends last. Null: none. */
export function silenceOver<S extends Omit<NewSilence, 'comment'>>(
  silences: readonly S[],
  match: SilencedMatch,
  at: number,
): S | null {
  const over = silences.filter((silence) => silence.startsAt <= at && at < silence.endsAt && holds(silence, match));
  return over.reduce<S | null>((last, each) => (last === null || each.endsAt > last.endsAt ? each : last), null);
}

function holds({ matchers }: Pick<Silence, 'matchers'>, match: SilencedMatch): boolean {
  if (match.level === 'critical' && matchers.levels?.includes('critical') !== true) return false;
  if (!matchRule(matchers, match)) return false;
  if (!hasEntryMatchers(matchers)) return true;
  const { entries } = match;
  return entries !== null && entries.length > 0 && entries.every((body) => matchEntry(matchers, body));
}

/** What is muted for longer should be changed in the rule. */
export const SILENCE_MAX_MS = 30 * 24 * 60 * 60_000;
/** Nobody knows what will happen then. */
const STARTS_WITHIN_MS = 365 * 24 * 60 * 60_000;
/** Of each matcher. */
const VALUES_MAX = 50;
const VALUE_LENGTH_MAX = 256;
const FIELDS_MAX = 10;
const COMMENT_MAX = 1_000;
/** The widest ranges: of whatever is wider, nobody knows who is in it. */
const RANGE_BITS_MIN = { v4: 8, v6: 16 };
const KEYS = ['rule', 'actor', 'address', 'level', 'tag', 'fields'] as const;
const FIELD = /^[A-Za-z_][\w.-]{0,99}$/;

const raw: Shape<unknown> = (value) => value;
const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** A text; a number, true or false as text. */
const scalar: Shape<string> = (value, path) =>
  String(where(raw, isScalar, 'is not text: write a value, or a list of values')(value, path));
const bounded = where(
  scalar,
  ({ length }) => length > 0 && length <= VALUE_LENGTH_MAX,
  `must have 1 to ${VALUE_LENGTH_MAX} characters: copy it from an entry`,
);
const visible = where(
  bounded,
  (text) => text.search(INVISIBLE) < 0 && text.trim() === text,
  'has invisible characters or spaces around it: write it again, or use the id of an actor in place of its name',
);

/** A list of values, or one; each once. */
function values<T extends string>(of: Shape<T>): Shape<readonly T[]> {
  const few = where(
    raw,
    (value) => !Array.isArray(value) || (value.length > 0 && value.length <= VALUES_MAX),
    `must have 1 to ${VALUES_MAX} values: make several silences, or remove it`,
  );
  return (value, path) => {
    const given = few(value, path);
    return [...new Set((Array.isArray(given) ? given : [given]).map((each: unknown) => of(each, path)))];
  };
}

const range = where(
  where(
    where(
      visible,
      (text) => parseRange(text) !== null,
      'is not an IP address or a range: write 192.0.2.7, or 192.0.2.0/24',
    ),
    (text) => canonicalRange(text) === null,
    'is a range that begins in the middle: write its first address, such as 10.0.0.0/8',
  ),
  (text) =>
    (parseRange(text)?.length ?? 0) > (parseRange(text)?.startsWith('4') ? RANGE_BITS_MIN.v4 : RANGE_BITS_MIN.v6),
  `is too wide: a range has at most a /${RANGE_BITS_MIN.v4} of IPv4 or a /${RANGE_BITS_MIN.v6} of IPv6`,
);

const entriesOf: Shape<readonly (readonly [string, unknown])[]> = (value, path) => {
  object({})(value, path);
  return Object.entries(value as object);
};
const namedFields = where(
  where(
    entriesOf,
    ({ length }) => length > 0 && length <= FIELDS_MAX,
    `must have 1 to ${FIELDS_MAX} fields: remove it, or narrow the silence otherwise`,
  ),
  (given) => given.every(([name]) => FIELD.test(name)),
  'has a name that no field has: write such as actor.type',
);
const fields: Shape<NonNullable<Matchers['fields']>> = (value, path) =>
  namedFields(value, path).map(([name, each]) => [name, values(visible)(each, `${path}.${name}`)]);

const onlyKnown = where(
  raw,
  (value) =>
    typeof value !== 'object' ||
    value === null ||
    Object.keys(value).every((key) => KEYS.some((known) => known === key)),
  `has a key that is no matcher: the matchers are ${KEYS.join(', ')}`,
);

function matchers(rules: readonly NamedRule[]): Shape<Matchers> {
  const rule = where(
    visible,
    (text) => rulesNamed(text, rules).length > 0,
    'names no rule: write its id, its name or the name of its file',
  );
  const shape = object({
    rule: optional(values(rule)),
    actor: optional(values(visible)),
    address: optional(values(range)),
    level: optional(values(oneOf(...LEVELS))),
    tag: optional(values(visible)),
    fields: optional(fields),
  });
  const anchored = where(
    shape,
    (read) => read.rule !== undefined || read.actor !== undefined || read.address !== undefined,
    'must have a rule, an actor or an address: level, tag and fields only narrow these',
  );
  return (value, path) => {
    const { rule: named, actor, address, level, tag, fields: own } = anchored(onlyKnown(value, path), path);
    const ids = named?.flatMap((reference) => rulesNamed(reference, rules).map(({ id }) => id));
    return {
      ...(ids === undefined ? {} : { rules: [...new Set(ids)] }),
      ...(actor === undefined ? {} : { actors: actor }),
      ...(address === undefined ? {} : { addresses: address }),
      ...(level === undefined ? {} : { levels: level }),
      ...(tag === undefined ? {} : { tags: tag.map((each) => each.toLowerCase()) }),
      ...(own === undefined ? {} : { fields: own }),
    };
  };
}

/**
 * Reads a silence that somebody asks for: parsed JSON with `matchers` (`rule`, `actor`, `address`, `level`, `tag`: a value or a
 * list; `fields`: an object of such), `startsAt` (now, where it is absent), `endsAt` and `comment`. `rules`: those that it can
 * name. A problem is one line that names the place and says what to do.
 */
export function readSilence(input: unknown, now: number, rules: readonly NamedRule[]): Read<NewSilence> {
  const comment = where(
    where(
      string,
      (text) => text.replace(INVISIBLE, '').trim() !== '',
      'is empty: write why, for those who find the silence later',
    ),
    ({ length }) => length <= COMMENT_MAX,
    `is longer than ${COMMENT_MAX} characters: shorten it`,
  );
  const read = object({ matchers: matchers(rules), startsAt: orElse(number, now), endsAt: number, comment });
  const checks: readonly (readonly [isOf: (read: NewSilence) => boolean, problem: string])[] = [
    [({ startsAt, endsAt }) => endsAt > startsAt, 'ends before it starts: choose a later endsAt'],
    [({ endsAt }) => endsAt > now, 'is over already: choose a later endsAt'],
    [
      ({ startsAt }) => startsAt <= now + STARTS_WITHIN_MS,
      'starts more than a year from now: choose an earlier startsAt',
    ],
    [
      ({ startsAt, endsAt }) => endsAt - startsAt <= SILENCE_MAX_MS,
      'lasts longer than 30 days: choose an earlier endsAt, or change the rule',
    ],
  ];
  const shape = checks.reduce<Shape<NewSilence>>((of, [isOf, problem]) => where(of, isOf, problem), read);
  return readShape(shape, input);
}
