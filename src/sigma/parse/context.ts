/**
 * What reading the searches of a file needs: where to report, the lists, and how much there may be.
 *
 * Contract: a file's searches are bounded together, its placeholders replaced, whatever it holds. Pure.
 */

import type { Place, Report } from '../../yaml/diagnostics.ts';
import type { Lists } from './lists.ts';

/** Comparisons of one file. A file without placeholders has fewer values than that. */
const COMPARISONS = 200_000;
/** What their texts come to, in characters; a file is at most a million. */
const CHARACTERS = 10_000_000;
/** Regular expressions take long to compile: a thousandth of a second, the largest a tenth. */
const REGEXES = 2_000;
const REGEX_CHARACTERS = 200_000;

export interface ParseContext {
  readonly report: Report;
  readonly lists: Lists;
  readonly budget: Budget;
}

/** What is left of a file's bounds. */
export interface Budget {
  /** Takes a comparison off; false, and reported once, where there is nothing left. */
  spend(place: Place, characters: number, report: Report): boolean;
  /** The same, of a regular expression. */
  spendRegex(place: Place, characters: number, report: Report): boolean;
  /** Whether something was refused: the rest of the file need not be looked at. */
  readonly exhausted: boolean;
}

/** A budget of a whole file. */
export function createBudget(): Budget {
  let comparisons = COMPARISONS;
  let characters = CHARACTERS;
  let regexes = REGEXES;
  let regexCharacters = REGEX_CHARACTERS;
  const refused = new Set<string>();
  const refuse = (what: string, place: Place, report: Report) => {
    if (!refused.has(what))
      report.error(place, `the file has more than ${what}, its placeholders replaced`, 'split it');
    refused.add(what);
    return false;
  };
  return {
    spend: (place, length, report) => {
      characters -= length;
      if (--comparisons < 0) return refuse(`${COMPARISONS} comparisons`, place, report);
      return characters >= 0 || refuse(`${CHARACTERS} characters in its values`, place, report);
    },
    spendRegex: (place, length, report) => {
      regexCharacters -= length;
      if (--regexes < 0) return refuse(`${REGEXES} regular expressions`, place, report);
      return regexCharacters >= 0 || refuse(`${REGEX_CHARACTERS} characters in regular expressions`, place, report);
    },
    get exhausted() {
      return refused.size > 0;
    },
  };
}
