/**
 * Silences: what people chose not to be notified of, for a time. As in Alertmanager, a silence is made of matchers.
 *
 * Contract: pure; never throws, whatever the input and the entries. A silence names a rule, an actor or an address; level, tag
 * and fields only narrow it. It never hides more than its author saw: what is critical only where its levels say so, and a
 * correlation only where every entry that contributed is known and matches. Times are ms since the epoch; whether a silence is
 * over a match depends on event time.
 */
import {
  type Matchers,
  type MatchFacts,
  matchEntry,
  matchRule,
  type NamedRule,
  namesOf,
  rulesNamed,
} from '../routing/matchers.ts';
import { type EntryBody, LEVELS, parseRange } from '../sigma/index.ts';
import { INVISIBLE } from '../text/invisible.ts';
import { nearest } from '../text/nearest.ts';
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
  const over = silences.filter(
    (silence) => silence.startsAt <= at && at < silence.endsAt && matchersHold(silence, match),
  );
  return lastToEnd(over);
}

/** Of several silences, the one that ends last; null: there is none. */
export function lastToEnd<S extends Pick<Silence, 'endsAt'>>(silences: readonly S[]): S | null {
  return silences.reduce<S | null>((last, each) => (last === null || each.endsAt > last.endsAt ? each : last), null);
}

/** Whether a silence is over such a match, whenever it occurs. */
export function matchersHold({ matchers }: Pick<Silence, 'matchers'>, match: SilencedMatch): boolean {
  if (match.level === 'critical' && matchers.levels?.includes('critical') !== true) return false;
  if (!matchRule(matchers, match)) return false;
  const { entries } = match;
  // Without matchers of entries, it does not matter what they are.
  if (matchEntry(matchers, {})) return true;
  return entries !== null && entries.length > 0 && entries.every((body) => matchEntry(matchers, body));
}

const DAY = 24 * 60 * 60_000;
/** What is muted for longer should be changed in the rule. */
export const SILENCE_MAX_MS = 30 * DAY;
/** Nobody knows what will happen later. */
const STARTS_WITHIN_MS = 365 * DAY;
/** Of each matcher, and of fields. */
const VALUES_MAX = 50;
const VALUE_LENGTH_MAX = 256;
const COMMENT_MAX = 1_000;
/** Bits of the widest ranges: of whatever is wider, nobody knows who is in it. */
const V4_BITS_MIN = 8;
const V6_BITS_MIN = 16;

/** A text, and numbers, true and false as text. */
const text = where<string>(
  (value) => (['number', 'boolean'].includes(typeof value) ? String(value) : (value as string)),
  (value) =>
    typeof value === 'string' &&
    value.length <= VALUE_LENGTH_MAX &&
    value !== '' &&
    value.trim() === value &&
    value.search(INVISIBLE) < 0,
  `must be 1 to ${VALUE_LENGTH_MAX} visible characters: write it again, or use an id`,
);

/** A list of values, or one; each once. */
function values<T>(of: Shape<T>): Shape<readonly T[]> {
  const given = where<readonly unknown[]>(
    (value) => (Array.isArray(value) ? value : [value]),
    ({ length }) => length > 0 && length <= VALUES_MAX,
    `must have 1 to ${VALUES_MAX} values: remove it, or make several silences`,
  );
  return (value, path) => [...new Set(given(value, path).map((each) => of(each, path)))];
}

const range = where(
  text,
  (value) => {
    const range = parseRange(value) ?? '';
    return range.length > (range.startsWith('4') ? V4_BITS_MIN : V6_BITS_MIN);
  },
  `must be an IP address or a range, such as 192.0.2.0/24, at most a /${V4_BITS_MIN} (IPv6: /${V6_BITS_MIN})`,
);

const field: Shape<readonly [string, readonly string[]]> = (value, path) => {
  const [name, given] = value as readonly [string, unknown];
  return [text(name, path), values(text)(given, `${path}.${name}`)];
};

const fields: Shape<Matchers['fields']> = (value, path) => {
  object({})(value, path);
  return values(field)(Object.entries(value as object), path);
};

/**
 * Reads a silence that somebody asks for: parsed JSON with `matchers` (`rule`, `actor`, `address`, `level`, `tag`: a value or a
 * list; `fields`: an object of such), `startsAt` (now, where it is absent), `endsAt` and `comment`. `rules`: those there
 * are. A rule is named as everywhere (`rulesNamed`), and what is read has the ids of all that are named so. A problem is one
 * line that names the place and says what to do.
 */
export function readSilence(input: unknown, now: number, rules: readonly NamedRule[]): Read<NewSilence> {
  const rule = where(
    text,
    (name) => rulesNamed(name, rules).length > 0,
    (name) => {
      const near = nearest(name, rules.flatMap(namesOf));
      const problem = 'no rule has this id, name, title or file';
      // What shows a problem ends it with a period.
      return near === null
        ? `${problem}: copy its title from the list of rules`
        : `${problem}; did you mean ${JSON.stringify(near)}? Write it so`;
    },
  );
  const shapes = {
    rule: optional(values(rule)),
    actor: optional(values(text)),
    address: optional(values(range)),
    level: optional(values(oneOf(...LEVELS))),
    tag: optional(values(text)),
    fields: optional(fields),
  };
  const matchers: Shape<Matchers> = (value, path) => {
    const isKnown = () => Object.keys(Object(value)).every((key) => Object.hasOwn(shapes, key));
    const known = where(
      object(shapes),
      isKnown,
      `must have no other keys than ${Object.keys(shapes).join(', ')}: correct or remove them`,
    );
    const anchored = where(
      known,
      (read) => (read.rule ?? read.actor ?? read.address) !== undefined,
      'must have a rule, an actor or an address: level, tag and fields only narrow these',
    );
    const read = anchored(value, path);
    return {
      rules: read.rule && [...new Set(read.rule.flatMap((name) => rulesNamed(name, rules)).map(({ id }) => id))],
      actors: read.actor,
      addresses: read.address,
      levels: read.level,
      tags: read.tag?.map((tag) => tag.toLowerCase()),
      fields: read.fields,
    };
  };
  const comment = where(
    string,
    (value) => value.length <= COMMENT_MAX && value.replace(INVISIBLE, '').trim() !== '',
    `must be 1 to ${COMMENT_MAX} characters: write why, for those who find the silence later`,
  );
  const silence = where(
    object({ matchers, startsAt: orElse(number, now), endsAt: number, comment }),
    ({ startsAt, endsAt }) =>
      endsAt > startsAt && endsAt > now && endsAt - startsAt <= SILENCE_MAX_MS && startsAt <= now + STARTS_WITHIN_MS,
    'must end after it starts and after now, at most 30 days later: choose another end, or change the rule',
  );
  return readShape(silence, input);
}
