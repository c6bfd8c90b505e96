/** A correlation's number in words: `12 different values of client_ip in 1 hour`. Pure and total. */
import { ABSENCE, type CorrelationType, FIRST_SEEN } from '../sigma/index.ts';
import { durationInWords } from '../text/duration.ts';
import { numberText } from '../text/numbers.ts';
import { utcText } from '../text/times.ts';
import { trustedLine } from '../text/untrusted.ts';

const NAME_MAX = 100;

/** A correlation may combine many rules: the titles of no more are shown. */
export const RULES_MAX = 64;

/** The number that met a correlation's condition, and what it counts or measures. */
export interface Numbered {
  readonly type: CorrelationType;
  /** May be a fraction. first_seen: for how long the group has been known, in ms; absence: when the last entry before it came. */
  readonly value: number;
  /** A count above the condition's number may be larger still: no more is kept than the condition needs. */
  readonly atLeast: boolean;
  readonly timespanMs: number;
  /** value_*, first_seen: the fields it is of; else empty. */
  readonly fields: readonly string[];
  /** value_percentile: which percentile; null if the number is a share. */
  readonly percentile: number | null;
  /** The temporal types: the titles of their rules, in order, at most `RULES_MAX`; else empty. */
  readonly rules: readonly string[];
}

/** The number, what it is of, and over how long. Without `fields` the words are all our own. */
export function numberWords(of: Numbered): string {
  if (of.type === ABSENCE)
    return `no entry in ${durationInWords(of.timespanMs)}; the last was at ${utcText(of.value) ?? 'an unknown time'}`;
  const isFirst = of.type === FIRST_SEEN;
  return `${subject(of)} in ${isFirst ? roughly(Math.min(of.value, of.timespanMs)) : durationInWords(of.timespanMs)}`;
}

const UNITS_MS = [24 * 60 * 60_000, 60 * 60_000, 60_000, 1_000];

/** A duration in whole days, or below a day in whole hours … */
function roughly(ms: number): string {
  const unit = UNITS_MS.find((each) => each <= ms) ?? 1;
  return durationInWords(Math.floor(ms / unit) * unit);
}

function subject({ type, value, atLeast, fields, percentile, rules }: Numbered): string {
  const number = `${atLeast ? 'at least ' : ''}${numberText(value)}`;
  const of = fields.length === 0 ? '' : ` of ${fields.map((name) => trustedLine(name, NAME_MAX)).join(' and ')}`;
  const all = rules.length < RULES_MAX ? ` of ${rules.length}` : '';
  switch (type) {
    case 'event_count':
      return `${number} ${value === 1 ? 'entry' : 'entries'}`;
    case 'value_count':
      return `${number} different ${value === 1 ? 'value' : 'values'}${of}`;
    case FIRST_SEEN:
      return `a value${of} not seen`;
    case ABSENCE:
      return 'no entry';
    case 'temporal':
      return `${number}${all} rules matched`;
    case 'temporal_ordered':
      return `${number}${all} steps completed`;
    case 'value_sum':
      return `the sum${of} is ${number}`;
    case 'value_avg':
      return `the average${of} is ${number}`;
    case 'value_median':
      return `the median${of} is ${number}`;
    case 'value_percentile':
      return percentile === null
        ? `the last value${of} is ${number} percent of all`
        : `the ${ordinal(percentile)} percentile${of} is ${number}`;
    default:
      // A newer version may have stored a type that this one does not know.
      return unknown(type, number);
  }
}

function unknown(_type: never, number: string): string {
  return number;
}

/** `95th`, `1st`, `99.9th`. */
export function ordinal(number: number): string {
  const teen = number % 100 > 10 && number % 100 < 14;
  const ending = teen ? undefined : ({ 1: 'st', 2: 'nd', 3: 'rd' } as Record<number, string>)[number % 10];
  return `${numberText(number)}${ending ?? 'th'}`;
}
