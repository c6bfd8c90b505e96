/**
 * Reads what detections, correlations and filters have in common: title, id, level, tags …, and Tocsin's own key.
 *
 * Contract: Sigma allows custom keys, so an unknown key is only reported if it is probably a typo. Pure.
 */
import { parseTimespan, TIMESPAN_HINT } from '../../text/duration.ts';
import { type Report, truncate } from '../../yaml/diagnostics.ts';
import {
  type Attributes,
  attributesOf,
  readChoice,
  readMap,
  readNotes,
  readText,
  readTexts,
  rejectUnknown,
  reportTypos,
} from '../../yaml/fields.ts';
import type { MapEntry, MapNode, Node } from '../../yaml/yaml.ts';
import { LEVELS, type RuleBase, type RuleNotes } from '../rule.ts';
import type { ParseContext } from './context.ts';

export const RULE_KEYS = [
  ...(['title', 'id', 'related', 'name', 'taxonomy', 'status', 'description', 'license', 'author'] as const),
  ...(['references', 'date', 'modified', 'logsource', 'detection', 'correlation', 'filter', 'generate'] as const),
  ...(['fields', 'falsepositives', 'level', 'tags', 'scope', 'tocsin'] as const),
] as const;
/** Tocsin's own. */
export const TOCSIN_KEYS = [
  'during',
  'outside',
  'first_seen',
  'absence',
  'dedup',
  'runbook',
  'noise',
  'defaults',
  'tests',
] as const;
export const DEDUP_KEYS = ['by', 'period', 'reopen'] as const;

/** Without these, a rule would mean something else. */
const SEVERE_KEYS = [
  ...['title', 'id', 'name', 'logsource', 'detection', 'correlation', 'filter', 'generate', 'level', 'tocsin'],
];

export const STATUSES = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;
const TITLE_MAX = 256;

/** A document has one of these. */
export const SECTIONS = ['detection', 'correlation', 'filter'] as const;

/** The keys a typo may stand for: not those of other kinds of documents. Only correlations have `generate`. */
function keysFor(attributes: Attributes): readonly string[] {
  const section = SECTIONS.find((key) => attributes.has(key));
  if (section === undefined) return RULE_KEYS;
  const others: readonly string[] = [...SECTIONS, ...(section === 'correlation' ? [] : ['generate'])];
  return RULE_KEYS.filter((key) => key === section || attributes.has(key) || !others.includes(key));
}

/** Fields are not translated: a rule for another taxonomy may use names that entries don't have. */
function reportTaxonomy(attributes: Attributes, report: Report): void {
  const entry = attributes.get('taxonomy');
  const taxonomy = readText(entry, report, TITLE_MAX);
  if (entry === undefined || taxonomy === null || taxonomy.toLowerCase() === 'sigma') return;
  report.notice(
    entry.value.place,
    `the taxonomy "${truncate(taxonomy)}" is not translated`,
    'fields are used as written',
  );
}

/** A rule without what it detects. */
export type Header = Omit<RuleBase, 'alerts'> & RuleNotes;

/** Reads the header of a document; `fallbackId` is used if it has no id. */
export function readHeader(document: MapNode, fallbackId: string, context: ParseContext): Header {
  const { report } = context;
  const errors = report.errors();
  const attributes = attributesOf(document);
  reportTypos(document, keysFor(attributes), SEVERE_KEYS, report);
  const misspelled = report.errors() > errors;
  const notes = (key: string) => readNotes(attributes.get(key), report);
  const names = (key: string) => readNotes(attributes.get(key), report, 'error');
  const title = readText(attributes.get('title'), report, TITLE_MAX);
  const entry = attributes.get('title');
  const tocsin = readMap(attributes.get('tocsin'), report);
  if (entry === undefined ? !misspelled : isBlank(entry.value)) {
    const problem = entry === undefined ? 'the document has no title' : 'the title is empty';
    report.error(entry?.value.place ?? document.place, problem, 'say what it finds, such as "title: Machine deleted"');
  }
  reportTaxonomy(attributes, report);
  checkFields(attributes.get('fields'), context);
  return {
    id: readText(attributes.get('id'), report, TITLE_MAX) ?? fallbackId,
    name: readText(attributes.get('name'), report, TITLE_MAX),
    title: title ?? '',
    level: readChoice(attributes.get('level'), LEVELS, report) ?? 'medium',
    status: readChoice(attributes.get('status'), STATUSES, report),
    description: readText(attributes.get('description'), report),
    author: notes('author').join(', ') || null,
    references: notes('references'),
    tags: names('tags'),
    falsepositives: notes('falsepositives'),
    fields: names('fields'),
    path: report.path,
    noise: readText(attributesOf(tocsin).get('noise'), report),
    tocsin: readTocsin(tocsin, context),
  };
}

/** Checks the fields of a list. */
function checkFields(entry: MapEntry | undefined, { checks, report }: ParseContext): void {
  for (const node of entry?.value.kind === 'list' ? entry.value.items : entry === undefined ? [] : [entry.value]) {
    if (node.kind === 'scalar' && typeof node.value === 'string') checks.field(node.value, node.place, report);
  }
}

function isBlank(node: Node): boolean {
  return node.kind === 'scalar' && String(node.value ?? '').trim() === '';
}

/** Hints for keys of documents under `tocsin:`. */
const OF_THE_ROOT = new Map(RULE_KEYS.map((key) => [key as string, 'it belongs at the root of the document']));

/** Reads Tocsin's own keys. Here an unknown key is an error. */
function readTocsin(map: MapNode | null, context: ParseContext): Header['tocsin'] {
  const { report } = context;
  rejectUnknown(map, TOCSIN_KEYS, report, OF_THE_ROOT);
  const attributes = attributesOf(map);
  const dedupMap = readMap(attributes.get('dedup'), report);
  rejectUnknown(dedupMap, DEDUP_KEYS, report);
  const dedup = attributesOf(dedupMap);
  const by = dedup.get('by');
  checkFields(by, context);
  return {
    runbook: readText(attributes.get('runbook'), report),
    dedupBy: by === undefined ? null : readTexts(by, report).map(({ text }) => text),
    dedupPeriodMs: readTimespan(dedup.get('period'), report),
    dedupReopenMs: readTimespan(dedup.get('reopen'), report),
  };
}

/** Reads a period in milliseconds; null if it is missing or not valid, which is reported. */
function readTimespan(entry: MapEntry | undefined, report: Report): number | null {
  const text = readText(entry, report);
  if (text === null || entry === undefined) return null;
  const ms = parseTimespan(text);
  if (ms === null) report.error(entry.value.place, `"${entry.key}" must be a duration`, TIMESPAN_HINT);
  return ms;
}
