/**
 * A Sigma rule that others wrote, for whatever log: which log it is for, and the same with the fields of ours.
 *
 * Contract: pure. A draft keeps the structure of the detection and the values; fields without a counterpart are left out of it
 * and named. Whether the draft is sound, and what it finds, is not known here.
 */
import { attributesOf } from '../../yaml/fields.ts';
import type { MapNode, Node } from '../../yaml/yaml.ts';
import { yamlText } from '../yaml-text.ts';

/** In small letters. */
export interface LogSource {
  readonly product: string | null;
  readonly category: string | null;
  readonly service: string | null;
}

/** What a rule looks for, with the fields of our log. */
export interface MappedDetection {
  /** Their fields with ours, each once. */
  readonly mapped: ReadonlyMap<string, string>;
  /** Their fields without one of ours. */
  readonly unmapped: readonly string[];
  /** Selections of which nothing is left. */
  readonly empty: readonly string[];
  /** The YAML below `detection:`. */
  readonly lines: readonly string[];
}

/** The log that a document is for; null: it does not say. */
export function logSourceOf(document: MapNode): LogSource | null {
  const node = attributesOf(document).get('logsource')?.value;
  if (node?.kind !== 'map') return null;
  const attributes = attributesOf(node);
  const read = (key: string): string | null => textOf(attributes.get(key)?.value)?.trim().toLowerCase() ?? null;
  return { product: read('product'), category: read('category'), service: read('service') };
}

/** The text of a document's key; null if it has none. */
export function textAt(document: MapNode, key: string): string | null {
  return textOf(attributesOf(document).get(key)?.value);
}

function textOf(node: Node | undefined): string | null {
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : null;
}

const OWN_KEYS = new Set(['condition', 'timeframe']);

/** The detection of a document with other fields; null if it has none. */
export function mapDetection(document: MapNode, fieldFor: (theirs: string) => string | null): MappedDetection | null {
  const detection = attributesOf(document).get('detection')?.value;
  if (detection?.kind !== 'map') return null;
  const mapped = new Map<string, string>();
  const unmapped = new Set<string>();
  const empty: string[] = [];
  const entries = detection.entries.flatMap((entry) => {
    if (OWN_KEYS.has(entry.key)) return [entry];
    const value = mapSearch(entry.value, fieldFor, mapped, unmapped);
    if (value !== null) return [{ ...entry, value }];
    empty.push(entry.key);
    return [];
  });
  return { mapped, unmapped: [...unmapped], empty, lines: yamlLines({ ...detection, entries }) };
}

/** A selection with our fields; null if nothing of it is left. */
function mapSearch(
  node: Node,
  fieldFor: (theirs: string) => string | null,
  mapped: Map<string, string>,
  unmapped: Set<string>,
): Node | null {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') {
    const items = node.items.flatMap((item) => mapSearch(item, fieldFor, mapped, unmapped) ?? []);
    return items.length === 0 ? null : { ...node, items };
  }
  const entries = node.entries.flatMap((entry) => {
    const [theirs = '', ...modifiers] = entry.key.split('|');
    // Keywords have no field.
    if (theirs === '') return [entry];
    const ours = fieldFor(theirs);
    if (ours === null) {
      unmapped.add(theirs);
      return [];
    }
    mapped.set(theirs, ours);
    return [{ ...entry, key: [ours, ...modifiers].join('|') }];
  });
  return entries.length === 0 ? null : { ...node, entries };
}

/** A node as YAML in block style. */
export function yamlLines(node: Node): readonly string[] {
  switch (node.kind) {
    case 'scalar':
      return [scalarText(node)];
    case 'list':
      return node.items.length === 0 ? ['[]'] : node.items.flatMap((item) => nested('- ', '  ', yamlLines(item)));
    case 'map':
      return node.entries.length === 0
        ? ['{}']
        : node.entries.flatMap(({ key, value }) =>
            value.kind === 'scalar' || isEmpty(value)
              ? [`${keyText(key)}: ${yamlLines(value).join('')}`]
              : [`${keyText(key)}:`, ...yamlLines(value).map((line) => `  ${line}`)],
          );
  }
}

function isEmpty(node: Node): boolean {
  return node.kind === 'list' ? node.items.length === 0 : node.kind === 'map' && node.entries.length === 0;
}

function nested(first: string, rest: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, i) => `${i === 0 ? first : rest}${line}`);
}

function scalarText({ value, source }: Extract<Node, { kind: 'scalar' }>): string {
  return source ?? (typeof value === 'string' ? yamlText(value) : String(value));
}

/** A field with its modifiers needs no quotes. */
function keyText(key: string): string {
  return /^[\w.]+(?:\|\w+)*$/.test(key) ? key : yamlText(key);
}
