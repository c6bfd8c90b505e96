/**
 * Matchers: what routes and silences compare a match with.
 *
 * Contract: plain, serializable data. Every matcher must hold; of its values, one. Values are compared exactly, case
 * included: numbers and booleans as text, so `403` is `'403'`; of a list in an entry, one member must be equal; null and
 * missing equal nothing. Pure; never throws, whatever the JSON of an entry, and reads no prototype.
 */
import { entryField } from '../audit-log/derived-fields.ts';
import { createRangeTest, type EntryBody, type Level, parseRange, type RuleBase } from '../sigma/index.ts';

/** A matcher that is absent holds. */
export interface Matchers {
  readonly levels?: readonly Level[] | undefined;
  /** Ids of rules. */
  readonly rules?: readonly string[] | undefined;
  /** Tags of the rule, in lower case, or what they begin with and `*`. */
  readonly tags?: readonly string[] | undefined;
  /** The actor's id or name. */
  readonly actors?: readonly string[] | undefined;
  /** Addresses and ranges (CIDR) that hold `client_ip`; an IPv4-mapped address is the IPv4 address. */
  readonly addresses?: readonly string[] | undefined;
  /** Fields of the entry and their values. */
  readonly fields?: readonly (readonly [field: string, values: readonly string[]])[] | undefined;
}

/** What matchers see of a match besides its entry. */
export interface MatchFacts {
  /** The rule's id. */
  readonly rule: string;
  /** The match's own level. */
  readonly level: Level;
  /** The rule's tags. */
  readonly tags: readonly string[];
  /** The rule's own receivers; absent: the routes decide. */
  readonly receivers?: readonly string[] | undefined;
}

/** Whether the matchers of rules hold: level, rule and tag. */
export function matchRule({ levels, rules, tags }: Matchers, facts: MatchFacts): boolean {
  return (
    (levels?.includes(facts.level) ?? true) &&
    (rules?.includes(facts.rule) ?? true) &&
    (tags?.some((pattern) => facts.tags.some((tag) => matchPattern(pattern, tag.toLowerCase()))) ?? true)
  );
}

/** Whether the matchers of entries hold: actor, address and fields. True of `{}` only if there are no such matchers. */
export function matchEntry({ actors, addresses, fields = [] }: Matchers, body: EntryBody): boolean {
  return (
    (actors === undefined || hasValue(body, 'actor.id', actors) || hasValue(body, 'actor.name', actors)) &&
    (addresses === undefined || textsOf(body, 'client_ip').some(rangeTest(addresses))) &&
    fields.every(([field, values]) => hasValue(body, field, values))
  );
}

function hasValue(body: EntryBody, field: string, values: readonly string[]): boolean {
  return textsOf(body, field).some((text) => values.includes(text));
}

/** The texts, numbers and booleans of a field, as text. */
function textsOf(body: EntryBody, field: string): readonly string[] {
  const value = entryField(body, field);
  const isScalar = (each: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof each);
  return (Array.isArray(value) ? value : [value]).filter(isScalar).map(String);
}

function rangeTest(addresses: readonly string[]): (text: string) => boolean {
  return createRangeTest(addresses.flatMap((address) => parseRange(address) ?? []));
}

/**
 * Whether a whole text matches a pattern, which may end in `*` for any characters.
 *
 * @example matchPattern('attack.t1098*', 'attack.t1098.001') // true
 */
export function matchPattern(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

/** How a rule can be named. */
export type NamedRule = Pick<RuleBase, 'id' | 'name' | 'title' | 'path' | 'tags'>;

/** The name of a rule's file, without its folder and `.yml`. Several rules of a file share it. */
export function fileName({ path }: NamedRule): string {
  return path.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
}

/** What a rule can be named by. */
export function namesOf(rule: NamedRule): readonly string[] {
  return [rule.id, ...(rule.name === null ? [] : [rule.name]), rule.title, fileName(rule)];
}

/** The rules that a reference names: by id, `name`, title, or name of the file. Several may have a title, or share a file. */
export function rulesNamed<R extends NamedRule>(reference: string, rules: readonly R[]): readonly R[] {
  return rules.filter((rule) => namesOf(rule).includes(reference));
}
