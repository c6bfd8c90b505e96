/**
 * From `rules/routing.yml` to a routing: every receiver read, every problem reported with its place.
 *
 * Contract: build time only. Never throws, whatever the file holds; with an error among the problems there is no
 * routing. People paste secrets where the name of a setting belongs: what may be a secret is in no message. Pure.
 */
import { ENTRY_FIELDS } from '../audit-log/entry-fields.ts';
import type { FieldCatalogue } from '../sigma/build.ts';
import { LEVELS } from '../sigma/index.ts';
import type { TimeRange } from '../text/time-ranges.ts';
import { createReport, type Place, type Problem, type Report } from '../yaml/diagnostics.ts';
import { attributesOf, isGiven, isNull, readText } from '../yaml/fields.ts';
import { kindName, type MapEntry, type MapNode, type Node, readDocuments, type SourceFile } from '../yaml/yaml.ts';
import { isMaybeSecret, NAME, NAME_FORM, nameHint, readWord, refuseKeys } from './file-values.ts';
import type { NamedRule } from './matchers.ts';
import { FOREIGN_FILE_KEYS, ROUTES_KEYS, readRoutes } from './routes-file.ts';
import { DEFAULT_MIN_LEVEL, type DeclaredReceiver, type RoutableType, type Routing, secretsOf } from './routing.ts';
import { readTimes } from './times-file.ts';

export interface ParsedRouting {
  /** Null: there is no file, or it has errors. */
  readonly routing: Routing | null;
  readonly problems: readonly Problem[];
}

/** Every notification is a row and a request for each of them. */
const RECEIVERS_MAX = 20;
const SETTING = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Of version 0.1. */
const FOREIGN_KEYS = { from: 'it is "min_level"' };
/** The keys of a receiver. */
export const RECEIVER_KEYS = ['name', 'type', 'secret', 'signing_secret', 'min_level'] as const;
const DOCUMENT = { noun: 'the routing', hint: 'it begins with "receivers:"' };
const EXAMPLE = 'such as "receivers: [{name: oncall, type: slack, min_level: high}]"; or delete the file';
const START = { line: 1, column: 1 };

/** What a receiver is checked against. */
interface Context {
  readonly types: readonly RoutableType[];
  /** Settings and bindings that no receiver's secret may be called. */
  readonly reserved: readonly string[];
  /** Where each name, and each secret's setting, was first. */
  readonly names: Map<string, Place>;
  readonly secrets: Map<string, Place>;
  readonly report: Report;
}

/**
 * Parses the routing files, at most one of which may exist. `reserved`: names of settings that no receiver may take. `rules`:
 * those that routes can name; null: not known, so names of rules are not checked. `timesOfRules`: the names of times that they
 * use. `fields`: what entries have.
 */
export function parseRouting(
  files: readonly SourceFile[],
  types: readonly RoutableType[],
  reserved: readonly string[],
  rules: readonly NamedRule[] | null,
  timesOfRules: ReadonlySet<string> = new Set(),
  fields: FieldCatalogue = ENTRY_FIELDS,
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
  refuseKeys(document, ['receivers', ...ROUTES_KEYS], report, FOREIGN_FILE_KEYS);
  const context: Context = { types, reserved, names: new Map(), secrets: new Map(), report };
  // Times alone are for rules: the receivers are then those of the settings.
  const isOfTimes = document.entries.every(({ key }) => key === 'times') && document.entries.length > 0;
  const { receivers, areNamesKnown } = isOfTimes ? NO_RECEIVERS : readReceivers(document, context);
  const names = areNamesKnown ? context.names : null;
  const routes = readRoutes(document, { receivers, names, rules, timesOfRules, fields, report });
  const isSound = report.errors() === 0 && !isOfTimes;
  return { routing: isSound ? { receivers, ...routes } : null, problems: inOrder(problems) };
}

/** The times of the routing files, for rules: those with mistakes too, which `parseRouting` reports. */
export function timesOf(files: readonly SourceFile[]): ReadonlyMap<string, readonly TimeRange[]> {
  const [file] = files;
  if (file === undefined) return new Map();
  const report = createReport(file.path, []);
  const [document] = readDocuments(file, report, DOCUMENT);
  const times = document === undefined ? new Map() : readTimes(attributesOf(document).get('times'), report);
  return new Map([...times].map(([name, { ranges }]) => [name, ranges]));
}

function inOrder(problems: readonly Problem[]): readonly Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

interface ReadReceivers {
  readonly receivers: readonly DeclaredReceiver[];
  /** Whether every receiver has a name, even if the rest of it is wrong. */
  readonly areNamesKnown: boolean;
}

const NO_RECEIVERS: ReadReceivers = { receivers: [], areNamesKnown: false };

function readReceivers(document: MapNode, context: Context): ReadReceivers {
  const { report, names } = context;
  const entry = attributesOf(document).get('receivers');
  if (entry === undefined) {
    report.error(document.place, 'the file lists no receivers', EXAMPLE);
    return NO_RECEIVERS;
  }
  const list = entry.value;
  if (list.kind !== 'list') {
    const problem = isNull(list) ? 'no receivers are listed' : `"receivers" is a list, not ${kindName(list)}`;
    report.error(list.place, problem, EXAMPLE);
    return NO_RECEIVERS;
  }
  if (list.items.length === 0) report.error(list.place, 'no receivers are listed: nobody would be notified', EXAMPLE);
  if (list.items.length > RECEIVERS_MAX) {
    report.error(list.place, `there are ${list.items.length} receivers, more than ${RECEIVERS_MAX}`);
    return NO_RECEIVERS;
  }
  const receivers = list.items.flatMap((item) => readReceiver(item, context) ?? []);
  return { receivers, areNamesKnown: names.size === list.items.length && names.size > 0 };
}

function readReceiver(item: Node, context: Context): DeclaredReceiver | null {
  const { types, report } = context;
  if (item.kind !== 'map') {
    report.error(
      item.place,
      `a receiver is a map of keys, not ${kindName(item)}`,
      `its keys: ${RECEIVER_KEYS.join(', ')}`,
    );
    return null;
  }
  const misspelled = refuseKeys(item, RECEIVER_KEYS, report, FOREIGN_KEYS);
  const attributes = attributesOf(item);
  for (const key of ['name', 'type'] as const) {
    if (!isGiven(attributes.get(key)) && !misspelled.has(key)) report.error(item.place, `the receiver has no "${key}"`);
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

function readName(entry: MapEntry | undefined, { names, report }: Context): string | null {
  const name = readText(entry, report);
  if (name === null || entry === undefined) return null;
  const { place } = entry.value;
  if (!NAME.test(name)) {
    report.error(place, `"name" must be ${NAME_FORM}`, 'such as "oncall"');
    return null;
  }
  const first = names.get(name);
  if (first !== undefined) {
    report.error(place, `another receiver has the name "${name}"`, `in line ${first.line}`);
    return null;
  }
  names.set(name, place);
  return name;
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
      : nameHint(text.replaceAll('-', '_'), types.flatMap(secretsOf), 'such as SLACK_WEBHOOK_URL');
    report.error(value.place, `"${key}" is the name of a setting, ${what}`, hint);
    return null;
  }
  if (reserved.includes(text)) {
    report.error(value.place, `${text} is not a receiver's setting but one of Tocsin's own`, 'choose another name');
    return null;
  }
  return text;
}

/** Two receivers at one address get every message twice. */
function reportShared(receiver: DeclaredReceiver, item: MapNode, { secrets, report }: Context): void {
  const { name, secret, signingSecret } = receiver;
  if (secret === signingSecret) {
    report.error(item.place, `the address of ${name} and its key can't both be ${secret}`, 'name two settings');
    return;
  }
  const first = secrets.get(secret);
  if (first === undefined) secrets.set(secret, item.place);
  else
    report.notice(
      item.place,
      `another receiver uses ${secret} too: both get the same messages`,
      `in line ${first.line}`,
    );
}
