/**
 * What parsing the searches of a file needs: the report, the lists, and a budget.
 *
 * Contract: the budget bounds all searches of a file together, after placeholders are replaced. Pure.
 */

import type { Place, Report } from '../../yaml/diagnostics.ts';
import type { Lists } from './lists.ts';

/** Comparisons per file. */
const COMPARISONS_MAX = 200_000;
/** Characters of their texts; the file itself has at most a million. */
const CHARACTERS_MAX = 10_000_000;
/** Regular expressions, and patterns with `?` or dashes, are slow to check: about 1 ms, the largest 20 ms. */
const REGEXES_MAX = 2_000;
const REGEX_CHARACTERS_MAX = 200_000;
/** Numbers in the tables of their automatons that count as one character. */
const CELLS_PER_CHARACTER = 32;

export interface ParseContext {
  readonly report: Report;
  readonly lists: Lists;
  readonly budget: Budget;
}

/** The rest of a file's budget. */
export interface Budget {
  /** Spends one comparison; false if nothing is left, which is reported once. */
  spend(place: Place, characters: number, report: Report): boolean;
  /** Spends one regular expression, or a pattern that needs a table. */
  spendRegex(place: Place, characters: number, cells: number, report: Report): boolean;
  /** Whether the budget is exceeded: the rest of the file is skipped. */
  readonly exhausted: boolean;
}

/** Creates the budget of a file. */
export function createBudget(): Budget {
  let comparisons = COMPARISONS_MAX;
  let characters = CHARACTERS_MAX;
  let regexes = REGEXES_MAX;
  let regexCharacters = REGEX_CHARACTERS_MAX;
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
    get exhausted() {
      return exceeded.size > 0;
    },
  };
}
