/**
 * Reads `match:` of the routes of `rules/routing.yml`, and compares what routes match.
 *
 * Contract: build time only; what is wrong is reported with its place and left out, and nothing that may be a secret is shown.
 * Pure.
 */
import { type FieldCatalogue, type KnownField, valuesOf } from '../sigma/build.ts';
import { canonicalRange, LEVELS, type Level, parseRange } from '../sigma/index.ts';
import { nearest } from '../text/nearest.ts';
import type { Place, Report } from '../yaml/diagnostics.ts';
import { type Attributes, attributesOf, isGiven, type PlacedText, readMap } from '../yaml/fields.ts';
import type { MapEntry } from '../yaml/yaml.ts';
import { isMaybeSecret, nameHint, readValues, readWord } from './file-values.ts';
import { fileName, type Matchers, matchPattern, type NamedRule, namesOf, rulesNamed } from './matchers.ts';

/** What matchers are checked against. */
export interface MatchContext {
  /** Null: not known, so names of rules and tags are not checked. */
  readonly rules: readonly NamedRule[] | null;
  /** What entries have. */
  readonly fields: FieldCatalogue;
  readonly report: Report;
}

const FIELD = /^[A-Za-z_][\w.-]{0,99}$/;
/** What `match` has besides fields of the entry. */
export const MATCH_KEYS = ['level', 'min_level', 'rule', 'tag', 'actor', 'address'] as const;

/** Reads the matchers of a route; none without the key. */
export function readMatch(entry: MapEntry | undefined, context: MatchContext): Matchers {
  const { report } = context;
  if (!isGiven(entry)) return {};
  const map = readMap(entry, report, 'such as "match: {level: [high, critical], tag: attack.*}"');
  const attributes = attributesOf(map);
  const [actors, address, clientIp] = ['actor', 'address', 'client_ip'].map((key) => attributes.get(key));
  if (address !== undefined && clientIp !== undefined)
    report.error(clientIp.keyPlace, '"client_ip" is the address that "address" has', 'remove one of them');
  const fields = (map?.entries ?? []).filter(
    ({ key }) => key !== 'client_ip' && !(MATCH_KEYS as readonly string[]).includes(key),
  );
  const matchers = {
    levels: readLevels(attributes, report),
    rules: readRules(attributes.get('rule'), context),
    tags: readTags(attributes.get('tag'), context),
    actors: texts(readValues(actors, report)),
    addresses: readAddresses(address ?? clientIp, report),
    fields: fields.length === 0 ? null : fields.flatMap((field) => readField(field, context)),
  };
  return Object.fromEntries(Object.entries(matchers).filter(([, values]) => values !== null)) as Matchers;
}

function texts(values: readonly PlacedText[] | null): readonly string[] | null {
  return values?.map(({ text }) => text) ?? null;
}

function readLevels(attributes: Attributes, report: Report): readonly Level[] | null {
  const [several, least] = [attributes.get('level'), attributes.get('min_level')];
  if (several !== undefined && least !== undefined)
    report.error(least.keyPlace, 'there are "level" and "min_level"', 'remove one of them');
  const minLevel = readWord(least, LEVELS, report);
  if (minLevel !== null) return LEVELS.slice(LEVELS.indexOf(minLevel));
  if (several === undefined) return null;
  const items = several.value.kind === 'list' ? several.value.items : [several.value];
  if (readValues(several, report) === null) return null;
  return items.flatMap((value) => readWord({ ...several, value }, LEVELS, report) ?? []);
}

/** Ids of the rules that are named; or whose `name` or file begins with what stands before `*`. */
function readRules(entry: MapEntry | undefined, { rules, report }: MatchContext): readonly string[] | null {
  const values = readValues(entry, report);
  if (values === null || rules === null) return null;
  const ids = values.flatMap(({ text, place }) => {
    if (reportWildcard({ text, place }, report)) return [];
    const named = text.includes('*')
      ? rules.filter((rule) => [rule.name ?? '', fileName(rule)].some((name) => matchPattern(text, name)))
      : rulesNamed(text, rules);
    if (named.length === 0)
      report.error(
        place,
        'no rule is named so',
        nameHint(
          text,
          rules.flatMap(namesOf),
          'name it by its file, such as nirvana_audit_api_key_deleted, or by its id',
        ),
      );
    return named.map(({ id }) => id);
  });
  return [...new Set(ids)];
}

/** Whether a `*` is anywhere else than at the end, which is an error. */
function reportWildcard({ text, place }: PlacedText, report: Report): boolean {
  const isWrong = text.slice(0, -1).includes('*');
  if (isWrong) report.error(place, '"*" stands at the end only', 'list several values');
  return isWrong;
}

function readTags(entry: MapEntry | undefined, { rules, report }: MatchContext): readonly string[] | null {
  const known = rules?.flatMap(({ tags }) => tags.map((tag) => tag.toLowerCase())) ?? null;
  return (
    readValues(entry, report)?.map(({ text, place }) => {
      const pattern = text.toLowerCase();
      const isWrong = reportWildcard({ text, place }, report);
      if (!isWrong && known !== null && !known.some((tag) => matchPattern(pattern, tag)))
        report.notice(
          place,
          'no rule has this tag',
          nameHint(pattern, known, 'such as "attack.persistence", or "attack.*"'),
        );
      return pattern;
    }) ?? null
  );
}

function readAddresses(entry: MapEntry | undefined, report: Report): readonly string[] | null {
  return (
    readValues(entry, report)?.flatMap(({ text, place }) => {
      const canonical = canonicalRange(text);
      if (parseRange(text) === null)
        report.error(place, 'this is not an address or a range', 'such as 192.0.2.7, or 192.0.2.0/24');
      else if (canonical !== null) report.error(place, 'this range begins in the middle', `did you mean ${canonical}?`);
      else return [text];
      return [];
    }) ?? null
  );
}

function readField(entry: MapEntry, context: MatchContext): readonly (readonly [string, readonly string[]])[] {
  const { report } = context;
  const { key, keyPlace } = entry;
  if (reportUnknownField(key, keyPlace, MATCH_KEYS, context)) return [];
  const values = readValues(entry, report);
  const known = context.fields.find(({ name }) => name === key);
  if (known !== undefined) for (const value of values ?? []) reportUnknownValue(value, known, report);
  for (const { text, place } of values ?? []) {
    if (text.includes('*'))
      report.notice(
        place,
        'the value of a field is compared as it is, "*" too',
        'only "tag" and "rule" have wildcards',
      );
  }
  return values === null ? [] : [[key, values.map(({ text }) => text)]];
}

/** Reports a value that a field never has, or that nobody has seen. It may be a secret. */
function reportUnknownValue({ text, place }: PlacedText, field: KnownField, report: Report): void {
  const { range, closed, format } = field;
  const values = valuesOf(field);
  if (range !== undefined && !(Number(text) >= range[0] && Number(text) <= range[1]))
    report.warning(place, `"${field.name}" never has this value`, `it is a number from ${range[0]} to ${range[1]}`);
  if (values.length === 0 || format === 'path' || values.includes(text) || text.includes('*')) return;
  if (closed) report.warning(place, `"${field.name}" never has this value`, nameHint(text, values));
  else report.notice(place, `no known "${field.name}" has this value`, nameHint(text, values));
}

/** Reports a field that entries don't have: an error, and true, where another name was probably meant. */
export function reportUnknownField(
  name: string,
  place: Place,
  words: readonly string[],
  { fields, report }: Pick<MatchContext, 'fields' | 'report'>,
): boolean {
  if (fields.some((field) => field.name === name)) return false;
  const known = [...words, ...fields.map((field) => field.name)];
  const near = nearest(name, known);
  const hint = near === null ? `known: ${known.join(', ')}` : `did you mean "${near}"?`;
  const isWrong = near !== null || !FIELD.test(name);
  if (isWrong) report.error(place, 'entries have no such field', hint);
  else if (isMaybeSecret(name.replaceAll('.', ''))) report.warning(place, 'entries have no such field', hint);
  else report.warning(place, `entries have no field "${name}"`, hint);
  return isWrong;
}

/** Whether every match that `b` takes, `a` takes too. False where that can't be seen. */
export function covers(a: Matchers, b: Matchers): boolean {
  const all = <T>(
    of: readonly T[] | undefined,
    those: readonly T[] | undefined,
    holds: (a: T, b: T) => boolean,
  ): boolean => of === undefined || (those?.every((each) => of.some((one) => holds(one, each))) ?? false);
  const isSame = <T>(one: T, other: T): boolean => one === other;
  return (
    all(a.levels, b.levels, isSame) &&
    all(a.rules, b.rules, isSame) &&
    all(a.tags, b.tags, matchPattern) &&
    all(a.actors, b.actors, isSame) &&
    all(a.addresses, b.addresses, (outer, inner) => (parseRange(inner) ?? '').startsWith(parseRange(outer) ?? '-')) &&
    (a.fields ?? []).every(([field, values]) => all(values, b.fields?.find(([name]) => name === field)?.[1], isSame))
  );
}
