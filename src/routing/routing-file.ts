/**
 * From `rules/routing.yml` to a routing: every receiver read, every problem reported with its place.
 *
 * Contract: build time only. Never throws, whatever the file holds; with an error among the problems there is no
 * routing. People paste secrets where the name of a setting belongs: what may be a secret is in no message. Pure.
 */
import { LEVELS } from '../sigma/index.ts';
import { nearest } from '../text/nearest.ts';
import { createReport, type Problem, type Report } from '../yaml/diagnostics.ts';
import { attributesOf, readChoice, readText, rejectUnknown } from '../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node, readDocuments, type SourceFile } from '../yaml/yaml.ts';
import { DEFAULT_MIN_LEVEL, type DeclaredReceiver, type RoutableType, type Routing } from './routing.ts';

export interface ParsedRouting {
  /** Null: there is no file, or it has errors. */
  readonly routing: Routing | null;
  readonly problems: readonly Problem[];
}

/** Every notification is a row and a request for each of them. */
const RECEIVERS_MAX = 20;
/** Without a slash: `NAME/2` is a receiver at the second address of a secret (config/receivers.ts). */
const NAME = /^[a-z0-9-]{1,40}$/;
const SETTING = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Keys of version 0.1, and their names since. */
const RENAMED: { readonly [key: string]: string } = { from: 'min_level' };
const KEYS = ['name', 'type', 'secret', 'signing_secret', 'min_level'] as const;
const DOCUMENT = { noun: 'the routing', hint: 'it begins with "receivers:"' };
const EXAMPLE = 'such as "receivers: [{name: oncall, type: slack, min_level: high}]"; or delete the file';
const START = { line: 1, column: 1 };

/** What a receiver is checked against. */
interface Context {
  readonly types: readonly RoutableType[];
  /** Settings and bindings that no receiver's secret may be called. */
  readonly reserved: readonly string[];
  /** The line in which each name and each secret's setting was first. */
  readonly nameLines: Map<string, number>;
  readonly secretLines: Map<string, number>;
  readonly report: Report;
}

/** Parses the routing files, at most one of which may exist. `reserved`: names of settings that no receiver may take. */
export function parseRouting(
  files: readonly SourceFile[],
  types: readonly RoutableType[],
  reserved: readonly string[],
): ParsedRouting {
  const problems: Problem[] = [];
  const [file, second] = files;
  if (file === undefined) return { routing: null, problems };
  if (second !== undefined) {
    createReport(second.path, problems).error(START, `rules/${file.path} exists too`, 'delete one of them');
    return { routing: null, problems };
  }
  const report = createReport(file.path, problems);
  const documents = readDocuments(file, report, DOCUMENT);
  const [document, another] = documents;
  if (another !== undefined) report.error(another.place, 'the routing is one document', 'delete the "---"');
  if (document === undefined) {
    if (report.errors() === 0) report.error(START, 'the file lists no receivers', EXAMPLE);
    return { routing: null, problems };
  }
  const receivers = readReceivers(document, {
    types,
    reserved,
    nameLines: new Map(),
    secretLines: new Map(),
    report,
  });
  return { routing: report.errors() === 0 ? { receivers } : null, problems: inOrder(problems) };
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function readReceivers(document: MapNode, context: Context): readonly DeclaredReceiver[] {
  const { report } = context;
  refuseKeys(document, ['receivers'], report);
  const entry = attributesOf(document).get('receivers');
  if (entry === undefined) {
    report.error(document.place, 'the file lists no receivers', EXAMPLE);
    return [];
  }
  const list = entry.value;
  if (list.kind !== 'list') {
    const isEmpty = list.kind === 'scalar' && list.value === null;
    const problem = isEmpty ? 'no receivers are listed' : `"receivers" is a list, not ${kindName(list)}`;
    report.error(list.place, problem, EXAMPLE);
    return [];
  }
  if (list.items.length === 0) report.error(list.place, 'no receivers are listed: nobody would be notified', EXAMPLE);
  if (list.items.length > RECEIVERS_MAX) {
    report.error(list.place, `there are ${list.items.length} receivers, more than ${RECEIVERS_MAX}`);
    return [];
  }
  return list.items.flatMap((item) => readReceiver(item, context) ?? []);
}

function readReceiver(item: Node, context: Context): DeclaredReceiver | null {
  const { types, report } = context;
  if (item.kind !== 'map') {
    report.error(item.place, `a receiver is a map of keys, not ${kindName(item)}`, `its keys: ${KEYS.join(', ')}`);
    return null;
  }
  const misspelled = refuseKeys(item, KEYS, report);
  const attributes = attributesOf(item);
  for (const key of ['name', 'type'] as const) {
    if (isMissing(attributes.get(key)) && !misspelled.has(key))
      report.error(item.place, `the receiver has no "${key}"`);
  }
  const name = readName(attributes.get('name'), context);
  const typeName = readWord(
    attributes.get('type'),
    types.map(({ type }) => type),
    report,
  );
  const minLevel = readWord(attributes.get('min_level'), LEVELS, report);
  const secret = readSetting(attributes.get('secret'), context);
  const signing = attributes.get('signing_secret');
  const signingSecret = readSetting(signing, context);
  const type = types.find((each) => each.type === typeName);
  if (name === null || type === undefined) return null;
  const isSigned = type.signingSecret !== null;
  if (signing !== undefined && !isSigned) {
    const signed = types.filter(({ signingSecret: its }) => its !== null).map((each) => each.type);
    report.error(signing.keyPlace, `"signing_secret" is only for type ${signed.join(' and ')}`, 'remove it');
  }
  const receiver: DeclaredReceiver = {
    name,
    type: type.type,
    secret: secret ?? type.secret,
    signingSecret: isSigned ? (signingSecret ?? type.signingSecret) : null,
    minLevel: minLevel ?? DEFAULT_MIN_LEVEL,
  };
  reportShared(receiver, item, context);
  return receiver;
}

function readName(entry: MapEntry | undefined, { nameLines, report }: Context): string | null {
  const name = readText(entry, report);
  if (name === null || entry === undefined) return null;
  const { place } = entry.value;
  if (!NAME.test(name)) {
    report.error(place, '"name" must be 1 to 40 characters of a-z, 0-9 and "-"', 'such as "oncall"');
    return null;
  }
  const first = nameLines.get(name);
  if (first !== undefined) {
    report.error(place, `another receiver has the name "${name}"`, `in line ${first}`);
    return null;
  }
  nameLines.set(name, place.line);
  return name;
}

/** One of a few words. */
function readWord<T extends string>(entry: MapEntry | undefined, words: readonly T[], report: Report): T | null {
  if (entry?.value.kind === 'scalar' && isMaybeSecret(String(entry.value.value))) {
    const problem = `this is not a ${entry.key}; it is not shown, since it may be a secret`;
    report.error(entry.value.place, problem, `known: ${words.join(', ')}`);
    return null;
  }
  return readChoice(entry, words, report);
}

/** The name of a setting. Anything else may be the secret itself: it is never shown. */
function readSetting(entry: MapEntry | undefined, { types, reserved, report }: Context): string | null {
  const text = readText(entry, report);
  if (text === null || entry === undefined) return null;
  const { key, value } = entry;
  if (!SETTING.test(text)) {
    const isPasted = isMaybeSecret(text);
    const what = isPasted ? 'and this looks like the secret itself' : 'in capitals, digits and "_"';
    const hint = isPasted
      ? 'if this was ever pushed, replace the secret; write a name such as SLACK_WEBHOOK_URL'
      : nameHint(text, types);
    report.error(value.place, `"${key}" is the name of a setting, ${what}`, hint);
    return null;
  }
  if (reserved.includes(text)) {
    report.error(value.place, `${text} is not a receiver's setting but one of Tocsin's own`, 'choose another name');
    return null;
  }
  return text;
}

function nameHint(text: string, types: readonly RoutableType[]): string {
  const defaults = types.flatMap(({ secret, signingSecret }) => [secret, ...(signingSecret ? [signingSecret] : [])]);
  const near = nearest(text.replaceAll('-', '_'), defaults);
  return near === null ? 'such as SLACK_WEBHOOK_URL' : `did you mean "${near}"?`;
}

/** Two receivers at one address get every message twice. */
function reportShared(receiver: DeclaredReceiver, item: MapNode, { secretLines, report }: Context): void {
  const { name, secret, signingSecret } = receiver;
  if (secret === signingSecret) {
    report.error(item.place, `the address of ${name} and its key can't both be ${secret}`, 'name two settings');
    return;
  }
  const first = secretLines.get(secret);
  if (first === undefined) secretLines.set(secret, item.place.line);
  else report.notice(item.place, `another receiver uses ${secret} too: both get the same messages`, `in line ${first}`);
}

/** Reports the keys that are not known; returns the known ones that were probably meant. */
function refuseKeys(map: MapNode, known: readonly string[], report: Report): ReadonlySet<string> {
  const isShown = ({ key }: MapEntry) => known.includes(key) || !(isMaybeSecret(key) || Object.hasOwn(RENAMED, key));
  rejectUnknown({ ...map, entries: map.entries.filter(isShown) }, known, report);
  for (const { key, keyPlace } of map.entries.filter((entry) => !isShown(entry))) {
    if (Object.hasOwn(RENAMED, key)) report.error(keyPlace, `"${key}" is now "${RENAMED[key]}"`, 'rename the key');
    else {
      const problem = 'this is not a key; it is not shown, since it may be a secret';
      report.error(keyPlace, problem, `known: ${known.join(', ')}`);
    }
  }
  return new Set(map.entries.flatMap(({ key }) => (known.includes(key) ? [] : (nearest(key, known) ?? []))));
}

function isMissing(entry: MapEntry | undefined): boolean {
  return entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null);
}

/** Whether it may be an address, a key, or anything else that is not a short word. */
function isMaybeSecret(text: string): boolean {
  return !/^[A-Za-z_-]{1,20}$/.test(text) || /^whsec_|^whsk_/.test(text);
}
