/**
 * The count: what the log showed and the rules ask for, beside what the ledger holds and what the receivers took. Pure.
 *
 * Sending is at least once: a message that arrived twice is allowed if it is the same delivery, and was attempted as often.
 */
import { counted } from '../../src/text/numbers.ts';
import type { ExpectedAlert } from './incidents.ts';
import type { LedgerAlert, LedgerContent, LedgerDelivery } from './ledger-file.ts';
import type { Received } from './receiver-file.ts';

export interface Counted {
  readonly entries: {
    readonly shown: number;
    readonly recorded: number;
    readonly lost: number;
    readonly doubled: number;
  };
  readonly alerts: {
    readonly expected: number;
    readonly opened: number;
    readonly lost: number;
    readonly doubled: number;
  };
  readonly messages: {
    /** Deliveries of the ledger. */
    readonly deliveries: number;
    readonly received: number;
    readonly lost: number;
    /** Arrived again: the same delivery, as often as it was attempted. */
    readonly again: number;
  };
  /** What must not be; empty if nothing was lost or doubled. */
  readonly problems: readonly string[];
}

export interface Counting {
  /** The ids of all entries that the log showed, except reads of the log. */
  readonly shown: readonly string[];
  /** Those of reads of the log, by Tocsin itself: it need not record them. */
  readonly ownReads: readonly string[];
  readonly expected: readonly ExpectedAlert[];
  /** Ids of the rules whose alerts are all in `expected`. What others open for ordinary traffic is not worked out. */
  readonly played: readonly string[];
  readonly ledger: LedgerContent;
  readonly receivers: readonly string[];
  readonly received: readonly Received[];
}

/** Counts. */
export function count(counting: Counting): Counted {
  const problems: string[] = [];
  const entries = countEntries(counting, problems);
  const alerts = countAlerts(counting, problems);
  const messages = countMessages(counting, problems);
  return { entries, alerts, messages, problems };
}

function countEntries({ shown, ownReads, ledger }: Counting, problems: string[]): Counted['entries'] {
  const expected = new Set([...shown, ...ownReads]);
  const recorded = new Set(ledger.entries);
  const lost = shown.filter((id) => !recorded.has(id));
  const doubled = ledger.entries.length - recorded.size;
  problems.push(...lost.map((id) => `entry ${id} is not recorded`));
  if (doubled > 0) problems.push(`${counted(doubled, 'entry is', 'entries are')} recorded more than once`);
  for (const id of recorded)
    if (!expected.has(id)) problems.push(`entry ${id} is recorded, and the log never showed it`);
  if (ledger.recorded !== ledger.entries.length) {
    problems.push(`the ledger counted ${ledger.recorded} entries, and holds ${ledger.entries.length}`);
  }
  problems.push(...ledger.quarantined.map((problem) => `a record is in quarantine: ${problem}`));
  return { shown: shown.length, recorded: shown.length - lost.length, lost: lost.length, doubled };
}

const nameOf = (rule: string, key: readonly string[]): string => JSON.stringify([rule, ...key]);

function countAlerts({ expected, played, ledger }: Counting, problems: string[]): Counted['alerts'] {
  const alerts = ledger.alerts.filter(({ rule }) => played.includes(rule));
  const opened = Map.groupBy(alerts, ({ rule, key }) => nameOf(rule, key));
  let lost = 0;
  let doubled = 0;
  for (const { rule, key, count: matches } of expected) {
    const [alert, ...more] = opened.get(nameOf(rule, key)) ?? [];
    opened.delete(nameOf(rule, key));
    if (alert === undefined) {
      lost++;
      problems.push(`no alert was opened by ${rule} for ${key.join(', ')}`);
      continue;
    }
    doubled += more.length;
    problems.push(...more.map((other) => `${alertText(other)} was opened, and alert ${alert.id} for the same`));
    if (matches !== null && more.length === 0 && alert.count !== matches) {
      problems.push(`${alertText(alert)} has ${counted(alert.count, 'match', 'matches')}, not ${matches}`);
    }
  }
  for (const alert of [...opened.values()].flat()) problems.push(`${alertText(alert)} must not be opened`);
  return { expected: expected.length, opened: alerts.length, lost, doubled };
}

function alertText({ id, title, key }: LedgerAlert): string {
  return `alert ${id} (${title}: ${key.join(', ')})`;
}

function countMessages({ ledger, receivers, received }: Counting, problems: string[]): Counted['messages'] {
  for (const { id } of ledger.alerts) {
    for (const receiver of receivers) {
      const own = ledger.deliveries.filter((row) => row.receiver === receiver);
      // People get what waited for its group; programs get each decision by itself.
      const waits = own.some(({ waited }) => waited === 1);
      const rows = own.filter((row) => row.alert === id && row.kind === 'opened' && (row.waited === 1) === waits);
      const isListed = own.some(({ inhibited }) => (JSON.parse(inhibited) as number[]).includes(id));
      if (rows.length !== 1 && !(rows.length === 0 && isListed))
        problems.push(`${receiver} has ${rows.length} deliveries of the opening of alert ${id}, not 1`);
    }
  }
  for (const { id, receiver, state, alert } of ledger.deliveries) {
    const isListed = ledger.deliveries.some(
      (row) => row.receiver === receiver && (JSON.parse(row.inhibited) as number[]).includes(alert ?? 0),
    );
    if (state !== 'delivered' && !(state === 'suppressed' && isListed))
      problems.push(`delivery ${id} to ${receiver} is ${state}`);
  }
  const messages = ledger.deliveries.filter(({ digest, state }) => digest === null && state !== 'suppressed');
  const subjects = new Set([...messages, ...received].map(subjectOf));
  const deliveries = Map.groupBy(messages, subjectOf);
  const arrived = Map.groupBy(received, subjectOf);
  let lost = 0;
  for (const subject of subjects) {
    lost += compareSubject(subject, deliveries.get(subject) ?? [], arrived.get(subject) ?? [], problems);
  }
  const again = received.length - new Set(received.map(({ receiver, message }) => `${receiver} ${message}`)).size;
  return { deliveries: messages.length, received: received.length, lost, again };
}

/** Deliveries to one receiver about one alert, or about Tocsin itself. */
function subjectOf({ receiver, alert }: { receiver: string; alert: number | null }): string {
  return alert === null ? `${receiver}, about Tocsin` : `${receiver}, about alert ${alert}`;
}

/** Compares what was sent with what arrived, about one subject; returns how many deliveries never arrived. */
function compareSubject(
  subject: string,
  deliveries: readonly LedgerDelivery[],
  arrived: readonly Received[],
  problems: string[],
): number {
  const messages = Map.groupBy(arrived, ({ message }) => message);
  const sent = deliveries.filter(({ state }) => state === 'delivered');
  const lost = Math.max(0, sent.length - messages.size);
  if (lost > 0) problems.push(`${subject}: of ${sent.length} deliveries ${messages.size} arrived`);
  if (messages.size > deliveries.length) {
    problems.push(`${subject}: ${messages.size} different messages arrived, of ${deliveries.length} deliveries`);
  }
  const attempts = deliveries.reduce((sum, row) => sum + row.attempts, 0);
  if (arrived.length > attempts) problems.push(`${subject}: ${arrived.length} arrived, after ${attempts} attempts`);
  for (const [{ delivery } = { delivery: null }, ...more] of messages.values()) {
    if (delivery === null) continue;
    const row = deliveries.find(({ id }) => id === delivery);
    if (row === undefined) problems.push(`${subject}: delivery ${delivery} arrived, and the ledger has none`);
    else if (1 + more.length > row.attempts) {
      problems.push(
        `${subject}: delivery ${delivery} arrived ${1 + more.length} times, after ${row.attempts} attempts`,
      );
    }
  }
  return lost;
}
