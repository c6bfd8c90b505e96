/**
 * The log that the killed upstream shows: a pure function of a seed and the time it began, second by second, so that it is
 * the same after every restart. Ordinary traffic, bursts of several pages, bursts that share one instant, late entries, and
 * incidents with the alerts that they must open.
 */
import { createOrganization } from '../sandbox/organization.ts';
import { createRandom, type Random } from '../sandbox/random.ts';
import type { LogRecord } from '../sandbox/record.ts';
import { type ExpectedAlert, incident } from './incidents.ts';

export interface TrafficOptions {
  readonly seed: number;
  /** The beginning of the first second, ms since the epoch. */
  readonly startAt: number;
}

/** What one second holds, or several. */
export interface Span {
  readonly records: readonly LogRecord[];
  readonly alerts: readonly ExpectedAlert[];
}

export interface Traffic {
  /** How many seconds were returned. */
  readonly seconds: number;
  /** The next second. */
  next(): Span;
}

const SECOND_MS = 1_000;
const DAY_S = 86_400;
const ORDINARY_PER_SECOND = 6;
/** A burst, of four to six pages, begins so many seconds after the last; every second one shares one instant. */
const BURST_EVERY_S = 17;
const BURST_PER_SECOND = 500;
const INCIDENT_EVERY_S = 3;
const LATE = 0.02;

/** Entries appear late by less than this: the Worker allows a minute, the least that it can be set to. */
export const LATENESS_MS = 45_000;

/** Entries are in the upstream's log so long before they are visible. */
export const AHEAD_MS = 2_000;

/** Creates it from its beginning. */
export function createTraffic({ seed, startAt }: TrafficOptions): Traffic {
  const organization = createOrganization(seed);
  const random = createRandom(seed ^ 0x6b111);
  let seconds = 0;
  return {
    get seconds() {
      return seconds;
    },
    next() {
      const second = seconds++;
      const from = startAt + second * SECOND_MS;
      const burst = second % BURST_EVERY_S === BURST_EVERY_S - 1;
      const ordinary = organization.between(from, from + SECOND_MS, {
        entriesPerDay: (burst ? BURST_PER_SECOND : ORDINARY_PER_SECOND) * DAY_S,
        rhythm: 'flat',
        // In whole seconds all of the burst is of one instant, and its pages end inside it.
        precision: burst && (second / BURST_EVERY_S) % 2 < 1 ? 'seconds' : 'microseconds',
      });
      const played =
        second % INCIDENT_EVERY_S === 0 ? incident(second / INCIDENT_EVERY_S, from, LATENESS_MS, random) : null;
      return {
        records: [...ordinary.map((record) => late(record, random)), ...(played?.records ?? [])],
        alerts: played?.alerts ?? [],
      };
    },
  };
}

function late(record: LogRecord, random: Random): LogRecord {
  return random.chance(LATE) ? { ...record, appearsAt: record.createdAt + random.next() * LATENESS_MS } : record;
}

/** The first `seconds` seconds, together. */
export function trafficUntil(options: TrafficOptions, seconds: number): Span {
  const traffic = createTraffic(options);
  const spans = Array.from({ length: seconds }, () => traffic.next());
  return { records: spans.flatMap(({ records }) => records), alerts: spans.flatMap(({ alerts }) => alerts) };
}
