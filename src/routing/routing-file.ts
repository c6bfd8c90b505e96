/**
 * From `rules/routing.yml` to a routing: every receiver read, every problem told with its place.
 *
 * Contract: build time only. Never throws, whatever the file holds; with an error among the problems there is no
 * routing. People paste secrets where the name of a setting belongs: what may be one is in no message. Pure.
 */
import { LEVELS } from '../sigma/index.ts';
import { nearest } from '../text/nearest.ts';
import { createReport, type Problem, type Report } from '../yaml/diagnostics.ts';
import { attributesOf, readChoice, readText, refuseUnknown } from '../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node, readDocuments, type SourceFile } from '../yaml/yaml.ts';
import { DEFAULT_SECRETS, type DeclaredReceiver, LEAST_LEVEL, RECEIVER_TYPES, type Routing } from './routing.ts';

export interface ParsedRouting {
  /** Null: there is no file, or it has errors. */
  readonly routing: Routing | null;
  readonly problems: readonly Problem[];
}

/** Every notification is a row and a request for each of them. */
const RECEIVER_LIMIT = 20;
const NAME = /^[a-z0-9-]{1,40}$/;
const SETTING = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Keys of version 0.1, and what they are called since. */
const RENAMED: { readonly [key: string]: string } = { from: 'min_level' };
const KEYS = ['name', 'type', 'secret', 'signing_secret', 'min_level'] as const;
const DOCUMENT = { noun: 'the routing', hint: 'it begins with "receivers:"' };
const EXAMPLE = 'such as "receivers: [{name: oncall, type: slack, min_level: high}]"; or delete the file';
const START = { line: 1, column: 1 };

/** Parses the routing files there are: none or one. `taken`: settings that are no receiver's. */
export function parseRouting(files: readonly SourceFile[], taken: readonly string[]): ParsedRouting {
  const problems: Problem[] = [];
  const [file, second] = files;
  if (file === undefined) return { routing: null, problems };
  if (second !== undefined) {
    createReport(second.path, problems).error(START, `${file.path} is there too`, 'delete one of them');
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
  const receivers = readReceivers(document, taken, report);
  return { routing: report.errors() === 0 ? { receivers } : null, problems: inOrder(problems) };
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

function readReceivers(document: MapNode, taken: readonly string[], report: Report): readonly DeclaredReceiver[] {
  refuseKeys(document, ['receivers'], report);
  const entry = attributesOf(document).get('receivers');
  if (entry === undefined) {
    report.error(document.place, 'the file lists no receivers', EXAMPLE);
    return [];
  }
  const list = entry.value;
  if (list.kind !== 'list') {
    const isNothing = list.kind === 'scalar' && list.value === null;
    report.error(
      list.place,
      isNothing ? 'no receivers are listed' : `"receivers" is a list, not ${kindName(list)}`,
      EXAMPLE,
    );
    return [];
  }
  if (list.items.length === 0) report.error(list.place, 'no receivers are listed: nobody would be told', EXAMPLE);
  if (list.items.length > RECEIVER_LIMIT) {
    report.error(list.place, `there are ${list.items.length} receivers, more than ${RECEIVER_LIMIT}`);
    return [];
  }
  const lines: Lines = { names: new Map(), settings: new Map() };
  return list.items.flatMap((item) => readReceiver(item, taken, lines, report) ?? []);
}

/** In which line each name and each setting was first. */
interface Lines {
  readonly names: Map<string, number>;
  readonly settings: Map<string, number>;
}

function readReceiver(item: Node, taken: readonly string[], lines: Lines, report: Report): DeclaredReceiver | null {
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
  const name = readName(attributes.get('name'), lines, report);
  const type = readWord(attributes.get('type'), RECEIVER_TYPES, report);
  const minLevel = readWord(attributes.get('min_level'), LEVELS, report);
  const secret = readSetting(attributes.get('secret'), taken, report);
  const signing = attributes.get('signing_secret');
  const signingSecret = readSetting(signing, taken, report);
  if (name === null || type === null) return null;
  if (signing !== undefined && type !== 'webhook') {
    report.error(signing.keyPlace, `what is sent to a receiver of type ${type} is not signed`, 'leave it out');
  }
  const defaults = DEFAULT_SECRETS[type];
  const receiver: DeclaredReceiver = {
    name,
    type,
    secret: secret ?? defaults.secret,
    signingSecret: type === 'webhook' ? (signingSecret ?? defaults.signingSecret) : null,
    minLevel: minLevel ?? LEAST_LEVEL,
  };
  refuseSame(receiver, item, lines, report);
  return receiver;
}

function readName(entry: MapEntry | undefined, lines: Lines, report: Report): string | null {
  const name = readText(entry, report);
  if (name === null || entry === undefined) return null;
  const { place } = entry.value;
  const first = lines.names.get(name);
  if (!NAME.test(name)) {
    report.error(place, '"name" has 1 to 40 characters out of a-z, 0-9 and "-"', 'such as "oncall"');
    return null;
  }
  if (first !== undefined) {
    report.error(place, `the name "${name}" is another receiver's`, `its line: ${first}`);
    return null;
  }
  lines.names.set(name, place.line);
  return name;
}

/** One of a few words. */
function readWord<T extends string>(entry: MapEntry | undefined, words: readonly T[], report: Report): T | null {
  if (entry?.value.kind === 'scalar' && isMaybeSecret(String(entry.value.value))) {
    report.error(
      entry.value.place,
      `what stands here is no ${entry.key}, and is not shown`,
      `known: ${words.join(', ')}`,
    );
    return null;
  }
  return readChoice(entry, words, report);
}

/** The name of a setting. Whatever else stands there may be the secret itself: it is never shown. */
function readSetting(entry: MapEntry | undefined, taken: readonly string[], report: Report): string | null {
  const text = readText(entry, report);
  if (text === null || entry === undefined) return null;
  const { key, value } = entry;
  if (!SETTING.test(text)) {
    const pasted = isMaybeSecret(text);
    const near = pasted ? null : nearest(text.replaceAll('-', '_'), SETTINGS_BY_DEFAULT);
    const what = pasted ? 'and this looks like the secret itself' : 'in capitals, digits and "_"';
    const mend = pasted
      ? 'if this was ever pushed, replace the secret; the name is such as SLACK_WEBHOOK_URL'
      : near === null
        ? 'such as SLACK_WEBHOOK_URL'
        : `did you mean "${near}"?`;
    report.error(value.place, `"${key}" is the name of a setting, ${what}`, mend);
    return null;
  }
  if (taken.includes(text)) {
    report.error(value.place, `${text} is a setting of Tocsin's own, and no receiver's`, 'choose another name');
    return null;
  }
  return text;
}

const SETTINGS_BY_DEFAULT = RECEIVER_TYPES.flatMap((type) => {
  const { secret, signingSecret } = DEFAULT_SECRETS[type];
  return signingSecret === null ? [secret] : [secret, signingSecret];
});

/** Two receivers at one address hear everything twice. */
function refuseSame(receiver: DeclaredReceiver, item: MapNode, lines: Lines, report: Report): void {
  const { name, secret, signingSecret } = receiver;
  if (secret === signingSecret) {
    report.error(item.place, `the address of ${name} and its key can't both be ${secret}`, 'name two settings');
    return;
  }
  const first = lines.settings.get(secret);
  if (first === undefined) lines.settings.set(secret, item.place.line);
  else report.notice(item.place, `${secret} is another receiver's too: both are told the same`, `its line: ${first}`);
}

/** Reports the keys that are not known; returns the known ones that were probably meant. */
function refuseKeys(map: MapNode, known: readonly string[], report: Report): ReadonlySet<string> {
  const isShown = ({ key }: MapEntry) => known.includes(key) || !(isMaybeSecret(key) || Object.hasOwn(RENAMED, key));
  refuseUnknown({ ...map, entries: map.entries.filter(isShown) }, known, report);
  for (const { key, keyPlace } of map.entries.filter((entry) => !isShown(entry))) {
    if (Object.hasOwn(RENAMED, key)) report.error(keyPlace, `"${key}" is now "${RENAMED[key]}"`, 'rename the key');
    else report.error(keyPlace, 'what stands here is no key, and is not shown', `known: ${known.join(', ')}`);
  }
  return new Set(map.entries.flatMap(({ key }) => (known.includes(key) ? [] : (nearest(key, known) ?? []))));
}

function isMissing(entry: MapEntry | undefined): boolean {
  return entry === undefined || (entry.value.kind === 'scalar' && entry.value.value === null);
}

/** An address, a key, or anything that is no short word. */
function isMaybeSecret(text: string): boolean {
  return !/^[A-Za-z_-]{1,24}$/.test(text) || /^whsec_|^whsk_/.test(text);
}
