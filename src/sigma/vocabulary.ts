/** The words of rule files: which keys their maps have, and which words some of these take. For schemas of the files. */

export { ABSENCE_KEYS } from './parse/absence.ts';
export { CORRELATION_KEYS } from './parse/correlation.ts';
export { COMPARISONS } from './parse/correlation-condition.ts';
export { FIRST_SEEN_KEYS } from './parse/first-seen.ts';
export { DEDUP_KEYS, RULE_KEYS, STATUSES, TOCSIN_KEYS } from './parse/header.ts';
export { KNOWN as MODIFIERS } from './parse/modifiers.ts';
export { TEST_ENTRY_KEYS } from './rule-tests/entries.ts';
export { EXPECTED_KEYS } from './rule-tests/expected.ts';
export { FILTER_TEST_KEYS, TEST_KEYS } from './rule-tests/read.ts';
export { TUNING_KEYS } from './tuning/read.ts';
