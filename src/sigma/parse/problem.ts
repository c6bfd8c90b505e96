/**
 * What is wrong with the rules, and where.
 *
 * Contract: a problem is a value. An error keeps the rules from being built, a notice does not. Pure.
 */

/** Line and column, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Place {
  /** The file, relative to the folder of rules. */
  readonly path: string;
  /** What is wrong. */
  readonly message: string;
  /** What would be right; null where that cannot be told. */
  readonly hint: string | null;
  readonly severity: 'error' | 'notice';
}

/** More of one file are not told: it is broken, and its reader will not read them all. */
const PROBLEMS_PER_FILE = 100;

/** Collects the problems of one file. */
export interface Report {
  readonly path: string;
  error(place: Place, message: string, hint?: string): void;
  notice(place: Place, message: string, hint?: string): void;
  /** How many errors there are so far: whether what was just read can be used. */
  errors(): number;
}

/** Creates the report of one file, which writes into `problems`. */
export function createReport(path: string, problems: Problem[]): Report {
  let told = 0;
  let errors = 0;
  const tell = (severity: Problem['severity'], place: Place, message: string, hint?: string) => {
    if (severity === 'error') errors++;
    told++;
    if (told > PROBLEMS_PER_FILE) {
      if (errors > 0 && told === PROBLEMS_PER_FILE + 1) {
        problems.push({
          path,
          ...at(place),
          message: 'too many problems: the rest is left out',
          hint: null,
          severity: 'error',
        });
      }
      return;
    }
    problems.push({ path, ...at(place), message, hint: hint ?? null, severity });
  };
  return {
    path,
    error: (place, message, hint) => tell('error', place, message, hint),
    notice: (place, message, hint) => tell('notice', place, message, hint),
    errors: () => errors,
  };
}

/** As people and editors read it: `rules/x.yml:12:5: error: message (hint)`. */
export function problemText(problem: Problem, folder = ''): string {
  const { path, line, column, severity, message, hint } = problem;
  return `${folder}${path}:${line}:${column}: ${severity}: ${message}${hint === null ? '' : ` (${hint})`}`;
}

function at({ line, column }: Place): Place {
  return { line, column };
}
