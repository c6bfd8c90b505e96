/**
 * What is wrong with the rules, and where.
 *
 * Contract: a problem is a value. An error keeps the rules from being built, a notice does not. Pure.
 */
import { nearest } from '../text/nearest.ts';

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

/** More of one file and severity are counted only: it is broken, and its reader will not read them all. */
const PROBLEMS_PER_FILE = 100;

/** What would be right; a function where finding it takes time, called only if it is going to be told. */
export type Hint = string | (() => string);

/** Thrown and caught where something is read: from here on it cannot be, or may not be, read any further. */
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
  notice(place: Place, message: string, hint?: Hint): void;
  /** How many errors there are so far: whether what was just read can be used. */
  errors(): number;
}

/**
 * Creates the report of one file, which writes into `problems`. That may be sorted once all is read, not before: the
 * note that counts what is left out is brought up to date in its place.
 */
export function createReport(path: string, problems: Problem[]): Report {
  const told = { error: 0, notice: 0 };
  const noteAt = { error: -1, notice: -1 };
  const tell = (severity: Problem['severity'], place: Place, message: string, hint?: Hint) => {
    const more = ++told[severity] - PROBLEMS_PER_FILE;
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
    const note = `${more} more ${severity}${more === 1 ? ' is' : 's are'} left out`;
    problems[noteAt[severity]] = { path, ...at(first), message: note, hint: null, severity };
  };
  return {
    path,
    error: (place, message, hint) => tell('error', place, message, hint),
    notice: (place, message, hint) => tell('notice', place, message, hint),
    errors: () => told.error,
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

/** A hint that names the nearest, or all where none is near and they are few; looked for when it is told. */
export function nearestHint(name: string, known: Iterable<string>): Hint {
  return () => {
    const all = [...known];
    const near = nearest(name, all);
    if (near !== null) return `did you mean "${near}"?`;
    if (all.length === 0) return 'there are none';
    const few = all.slice(0, 20);
    return `known: ${few.map(truncate).join(', ')}${few.length < all.length ? ', …' : ''}`;
  };
}

/** Text for a message, a long one cut. */
export function truncate(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
}
