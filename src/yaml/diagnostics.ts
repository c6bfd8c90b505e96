/**
 * Problems of YAML files, and their places.
 *
 * Contract: a problem is a value. An error stops the build. A warning is probably a mistake: it stops only strict checks and
 * a deploy. A notice stops nothing. Pure.
 */
import { escapeInvisible } from '../text/invisible.ts';
import { nearest } from '../text/nearest.ts';

/** A line and a column, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Place {
  /** The file, relative to the rules folder. */
  readonly path: string;
  /** What is wrong. */
  readonly message: string;
  /** How to fix it; null if unknown. */
  readonly hint: string | null;
  readonly severity: Severity;
}

/** The most severe first. */
export const SEVERITIES = ['error', 'warning', 'notice'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Per file and severity. Further problems are only counted: nobody reads them all. */
const PROBLEMS_MAX = 100;

/** How to fix a problem. A function if finding that takes time: it is only called for problems that are reported. */
export type Hint = string | (() => string);

/** Ends the reading of a text at its first error. Thrown and caught within one module. */
export class ParseError extends Error {
  readonly place: Place;
  readonly hint: string | undefined;
  constructor(place: Place, message: string, hint?: string) {
    super(message);
    this.place = place;
    this.hint = hint;
  }
}

/** Collects the problems of one file. */
export interface Report {
  readonly path: string;
  error(place: Place, message: string, hint?: Hint): void;
  warning(place: Place, message: string, hint?: Hint): void;
  notice(place: Place, message: string, hint?: Hint): void;
  /** Counts an error that is reported elsewhere, such as in a file that this one uses. */
  errorElsewhere(): void;
  /** The number of errors so far. Compare it before and after reading something to see whether that has any. */
  errors(): number;
}

/**
 * Creates the report of one file, which adds to `problems`. Don't sort that list before all is read: the note that counts
 * the omitted problems is updated in place.
 */
export function createReport(path: string, problems: Problem[]): Report {
  const counts = { error: 0, warning: 0, notice: 0 };
  let elsewhere = 0;
  const noteAt = { error: -1, warning: -1, notice: -1 };
  const add = (severity: Severity, place: Place, message: string, hint?: Hint) => {
    const more = ++counts[severity] - PROBLEMS_MAX;
    if (more <= 0) {
      problems.push({
        path,
        ...at(place),
        message,
        hint: (typeof hint === 'function' ? hint() : hint) ?? null,
        severity,
      });
      return;
    }
    if (more === 1) noteAt[severity] = problems.length;
    const first = problems[noteAt[severity]] ?? at(place);
    const note = `${more} more ${severity}${more === 1 ? '' : 's'} not shown`;
    problems[noteAt[severity]] = { path, ...at(first), message: note, hint: null, severity };
  };
  return {
    path,
    error: (place, message, hint) => add('error', place, message, hint),
    warning: (place, message, hint) => add('warning', place, message, hint),
    notice: (place, message, hint) => add('notice', place, message, hint),
    errorElsewhere: () => {
      elsewhere++;
    },
    errors: () => counts.error + elsewhere,
  };
}

/**
 * A problem in the format that people and editors read, on one line: `rules/x.yml:12:5: error: message (hint)`. Names and
 * values from the file may be in it. `folder`: what to put before the path.
 */
export function problemText(problem: Problem, folder = ''): string {
  const { path, line, column, severity, message, hint } = problem;
  return escapeInvisible(
    `${folder}${path}:${line}:${column}: ${severity}: ${message}${hint === null ? '' : ` (${hint})`}`,
  );
}

function at({ line, column }: Place): Place {
  return { line, column };
}

/** A hint with the nearest known name; if none is near, with the known names. */
export function nearestHint(name: string, known: Iterable<string>): Hint {
  return () => {
    const all = [...known];
    const near = nearest(name, all);
    if (near !== null) return `did you mean "${near}"?`;
    if (all.length === 0) return 'there are no names to choose from';
    const few = all.slice(0, 20);
    return `known: ${few.map(truncate).join(', ')}${few.length < all.length ? ', …' : ''}`;
  };
}

/** A text for a message, cut if it is long. */
export function truncate(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
