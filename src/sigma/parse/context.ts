/**
 * What parsing a file needs: the report, the lists, and a budget.
 *
 * Contract: the budget bounds all searches of a file together, after placeholders are replaced, and the entries of its tests,
 * after they are repeated. Pure.
 */

import type { TimeRange } from '../../text/time-ranges.ts';
import type { Place, Report } from '../../yaml/diagnostics.ts';
import type { Node, ScalarNode } from '../../yaml/yaml.ts';
import type { FieldSpec } from './field-spec.ts';
import type { Lists } from './lists.ts';
import type { ParsedCondition, ParsedTest } from './parsed-condition.ts';

/** Comparisons per file. */
const COMPARISONS_MAX = 200_000;
/** Characters of their texts; the file itself has at most a million. */
const CHARACTERS_MAX = 10_000_000;
/** Regular expressions, and patterns with `?` or dashes, are slow to check: about 1 ms, the largest 20 ms. */
const REGEXES_MAX = 2_000;
const REGEX_CHARACTERS_MAX = 200_000;
/** Numbers in the tables of their automatons that count as one character. */
const CELLS_PER_CHARACTER = 32;
/** Fields that the entries of tests give. */
const TEST_FIELDS_MAX = 1_000_000;

/** The times that rules can name. */
export interface NamedTimes {
  readonly ranges: ReadonlyMap<string, readonly TimeRange[]>;
  /** Where they are written, for messages: `"times:" in rules/routing.yml`. */
  readonly where: string;
}

export interface ParseContext {
  readonly report: Report;
  readonly lists: Lists;
  /** Null: none are given. */
  readonly times: NamedTimes | null;
  /** The names of times that are used. */
  readonly usedTimes: Set<string>;
  readonly budget: Budget;
  readonly checks: EntryChecks;
}

/** Checks against what is known of entries (known/entry-checks.ts). */
export interface EntryChecks {
  /** Reports what is no field of entries; an object is one only where its `presence` is asked for. */
  field(name: string, place: Place, report: Report, use?: 'presence'): void;
  /** Reports a field that is never a number. */
  number(name: string, place: Place, report: Report): void;
  /** Reports a field of a test's entry that no entry has, or its value. */
  entryValue(name: string, keyPlace: Place, node: Node, report: Report): void;
  /** Reports a value that a field never has, or that is not known. `tests`: what was made of it, any of which may match. */
  value(spec: FieldSpec, node: ScalarNode, tests: readonly ParsedTest[], report: Report): void;
  /** Whether some entry may satisfy a condition. */
  mayHold(condition: ParsedCondition): boolean;
}

/** Nothing is known of entries. */
export const NO_CHECKS: EntryChecks = {
  field: () => {},
  number: () => {},
  entryValue: () => {},
  value: () => {},
  mayHold: () => true,
};

/** The rest of a file's budget. */
export interface Budget {
  /** Spends one comparison; false if nothing is left, which is reported once. */
  spend(place: Place, characters: number, report: Report): boolean;
  /** Spends one regular expression, or a pattern that needs a table. */
  spendRegex(place: Place, characters: number, cells: number, report: Report): boolean;
  /** Spends fields of the entries of tests. */
  spendTestFields(place: Place, fields: number, report: Report): boolean;
  /** Whether the budget of searches is exceeded: the rest of the file is skipped. */
  readonly exhausted: boolean;
}

/** Creates the budget of a file. */
export function createBudget(): Budget {
  let comparisons = COMPARISONS_MAX;
  let characters = CHARACTERS_MAX;
  let regexes = REGEXES_MAX;
  let regexCharacters = REGEX_CHARACTERS_MAX;
  let testFields = TEST_FIELDS_MAX;
  const exceeded = new Set<string>();
  const exceed = (what: string, place: Place, report: Report) => {
    if (!exceeded.has(what))
      report.error(place, `the file has more than ${what} with its placeholders replaced`, 'split it');
    exceeded.add(what);
    return false;
  };
  return {
    spend: (place, length, report) => {
      characters -= length;
      if (--comparisons < 0) return exceed(`${COMPARISONS_MAX} comparisons`, place, report);
      return characters >= 0 || exceed(`${CHARACTERS_MAX} characters in its values`, place, report);
    },
    spendRegex: (place, length, cells, report) => {
      regexCharacters -= length + cells / CELLS_PER_CHARACTER;
      if (--regexes < 0) return exceed(`${REGEXES_MAX} regular expressions`, place, report);
      return regexCharacters >= 0 || exceed(`${REGEX_CHARACTERS_MAX} characters in regular expressions`, place, report);
    },
    spendTestFields: (place, fields, report) => {
      const isFirst = testFields >= 0;
      testFields -= fields;
      if (testFields >= 0) return true;
      if (isFirst)
        report.error(place, `the entries of the file’s tests give more than ${TEST_FIELDS_MAX} fields`, 'split it');
      return false;
    },
    get exhausted() {
      return exceeded.size > 0;
    },
  };
}
