/** Reads the log source of a rule: which log it is for. Pure. */

import { nearest } from '../../text/nearest.ts';
import type { Place, Report } from '../../yaml/diagnostics.ts';
import { attributesOf, readMap, readText, reportTypos } from '../../yaml/fields.ts';
import type { MapNode } from '../../yaml/yaml.ts';

const KEYS = ['category', 'product', 'service'] as const;

export interface LogSource {
  readonly category: string | null;
  readonly product: string | null;
  readonly service: string | null;
}

/** Whether rules for a log source are used. */
export type Accepts = (source: LogSource) => boolean;

/** The audit log of Nirvana Labs: `product: nirvana`, and `service: audit` or no service. */
export const isAuditLog: Accepts = ({ category, product, service }) =>
  category === null && product === 'nirvana' && (service === null || service === 'audit');

/** A hint that says which log sources are used; none if the caller decides that. */
export function logSourceHint(accepts: Accepts): string | undefined {
  return accepts === isAuditLog ? 'Tocsin reads {product: nirvana, service: audit}' : undefined;
}

/** Whether two log sources may be the same log: where both have a value, it is the same. */
export function mayOverlap(one: LogSource, other: LogSource): boolean {
  return KEYS.every((key) => one[key] === null || other[key] === null || one[key] === other[key]);
}

/** Reads the log source of a detection or filter. */
export function readLogSource(document: MapNode, accepts: Accepts, report: Report): LogSource {
  const entry = attributesOf(document).get('logsource');
  if (entry === undefined) report.error(document.place, 'the rule has no logsource', logSourceHint(accepts));
  const errors = report.errors();
  const map = readMap(entry, report);
  if (map === null) return { category: null, product: null, service: null };
  const attributes = attributesOf(map);
  const [category = null, product = null, service = null] = KEYS.map(
    (key) => readText(attributes.get(key), report)?.trim().toLowerCase() ?? null,
  );
  const source: LogSource = { category, product, service };
  reportTypos(map, [...KEYS, 'definition'], KEYS, report);
  const isEmpty = category === null && product === null && service === null;
  if (isEmpty && report.errors() === errors) {
    report.error(map.place, 'the logsource has no category, product or service', logSourceHint(accepts));
  }
  if (accepts === isAuditLog) reportMisspelled(source, map.place, report);
  return source;
}

/** Reports a misspelled name of the audit log, which would skip the rule. */
function reportMisspelled({ product, service }: LogSource, place: Place, report: Report): void {
  if (product !== null && product !== 'nirvana' && nearest(product, ['nirvana']) !== null) {
    report.error(place, `the product "${product}" looks like a typo`, 'did you mean "nirvana"?');
  }
  if (product === 'nirvana' && service !== 'audit' && nearest(service ?? '', ['audit']) !== null) {
    report.error(place, `the service "${service}" looks like a typo`, 'did you mean "audit"?');
  }
}
