/**
 * Sigma 2.1 rules, compiled and evaluated in plain JavaScript.
 *
 * ```js
 * import { parseRules, problemText } from './build.ts';
 * import { compile, createSequence } from './index.ts';
 *
 * const text = `
 * title: A sign-in was refused
 * name: refused
 * logsource: {product: shop}
 * detection:
 *   selection: {action: login, 'status|gte': 400}
 *   condition: selection
 * ---
 * title: Many refused sign-ins from one address
 * correlation:
 *   type: event_count
 *   rules: [refused]
 *   group-by: [ip]
 *   timespan: 5m
 *   condition: {gte: 3}
 * `;
 * const { ruleSet, problems } = parseRules([{ path: 'shop.yml', text }]);
 * for (const problem of problems) console.log(problemText(problem));
 *
 * const sequence = createSequence(compile(ruleSet));
 * for (const second of ['01', '02', '03']) {
 *   const created_at = `2026-01-05T12:00:${second}Z`;
 *   const { matches, correlationMatches } = sequence.add({ created_at, action: 'login', status: 401, ip: '192.0.2.7' });
 *   for (const { rule, evidence } of matches) console.log(rule.title, evidence[0]?.value);
 *   for (const { rule, group, window } of correlationMatches) console.log(rule.title, group[0]?.value, window.value);
 * }
 * // A sign-in was refused login
 * // A sign-in was refused login
 * // A sign-in was refused login
 * // Many refused sign-ins from one address 192.0.2.7 3
 * ```
 *
 * Contract: the entry point at run time, without YAML and parser. A compiled rule set evaluates any JSON object in bounded
 * time and never throws. `build.ts` is the entry point at build time.
 */
export type { RuleCode } from './codegen/rule-code.ts';
export {
  type CorrelationMatch,
  type Correlator,
  createCorrelator,
  EVIDENCE_MAX,
  type MatchedEntry,
  type Windows,
} from './correlate/correlator.ts';
export { createWatchTest } from './correlate/first-seen.ts';
export { type KeyPart, keyOf } from './correlate/groups.ts';
export {
  createSequence,
  type Sequence,
  type SequenceOptions,
  type SequenceResult,
} from './correlate/sequence.ts';
export { openWindow } from './correlate/window.ts';
export type { AbsenceWindow, Window, WindowEvent, WindowMatch } from './correlate/window-event.ts';
export { type CompileOptions, compile, type Engine } from './engine.ts';
export { canonicalRange, createRangeTest, networkOf, parseRange } from './evaluate/cidr.ts';
export { entryTime } from './evaluate/entry-time.ts';
export { createReadField, type DerivedFields, fieldValue, type ReadField } from './evaluate/field.ts';
export type { NearMiss } from './evaluate/near.ts';
export * from './rule.ts';
export { versionOf } from './version.ts';
