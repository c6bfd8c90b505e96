/**
 * The law of dead deliveries, computed from the stored rows and from what the world did: each has a true reason, and people
 * were notified of it; nothing else is dead, and nothing that should be was delivered.
 */
import type { HealthNotification } from '../../src/alert/notification.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import type { Answered, VendorAnswer } from './network.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What waits too long is looked for every hour, when an alarm rings. */
const EXPIRED_WITHIN = HOUR + 20 * MINUTE;

/** What was deployed from a time on: the receivers, and which of them lack their setting. */
export interface Deployment {
  readonly at: number;
  readonly receivers: readonly { readonly name: string; readonly isSet: boolean }[];
}

export interface DeadOptions {
  readonly store: Store;
  readonly answers: readonly Answered[];
  readonly deployments: readonly Deployment[];
  /** The name of a receiver to the network. */
  readonly canonical: (receiver: string) => string;
  readonly report: (problem: string) => void;
}

type Row = {
  id: number;
  receiver: string;
  health: string | null;
  state: string;
  attempts: number;
  queued_at: number;
  settled_at: number;
  reason: string | null;
};

export type Cause =
  | 'failures of its own'
  | 'a receiver that fails'
  | 'a receiver that was removed'
  | 'a receiver not set';

/** How reasons say what a receiver answered. */
const ANSWERS: Readonly<Record<VendorAnswer, RegExp | null>> = {
  taken: null,
  down: /Slack answered 503|Email Service failed/,
  never: /a workspace admin restricts/,
  refused: /revoked|not verified|deleted/,
  'slow down': /429|asks to slow down/,
  'not now': /answered 50[03]|429|asks to slow down|Email Service failed/,
};

/** Reports what breaks the law. Returns what the dead died of. */
export function reportDead({ store, answers, deployments, canonical, report }: DeadOptions): ReadonlySet<Cause> {
  const columns = 'id, receiver, health, state, attempts, queued_at, settled_at, reason';
  const ended = store.all<Row>(
    `SELECT ${columns} FROM deliveries WHERE digest IS NULL AND state IN ('dead', 'delivered') ORDER BY id`,
  );
  const dead = ended.filter(({ state }) => state === 'dead');
  const causes = new Set<Cause>();
  for (const row of dead) {
    const cause = causeOf(row, { answers, deployments, canonical });
    if (cause === null) report(`delivery ${row.id} to ${row.receiver} is dead, and that is not why: ${row.reason}`);
    else causes.add(cause);
  }
  for (const { id, receiver, state, queued_at: queuedAt, settled_at: settledAt } of ended) {
    if (state === 'delivered' && settledAt - queuedAt > 7 * DAY + EXPIRED_WITHIN)
      report(`delivery ${id} to ${receiver} waited for more than seven days and was not dead`);
  }
  reportUnraised(store, dead, report);
  return causes;
}

type Facts = Pick<DeadOptions, 'answers' | 'deployments' | 'canonical'>;

/** Why it is dead, where what it says is true; else null. */
function causeOf(row: Row, facts: Facts): Cause | null {
  const [text, after, attempts, why = ''] = /^(.+?)(?: \((\d+) attempts?\))?: (.*)$/s.exec(row.reason ?? '') ?? [];
  if (text === undefined || (attempts !== undefined && Number(attempts) !== row.attempts)) return null;
  switch (after) {
    case 'failed for a day while others were delivered':
      return failedByItself(row, why, facts) ? 'failures of its own' : null;
    case 'not delivered within 7 days':
      return hasWaited(row) && isLastAnswer(of(row, facts), why) ? 'a receiver that fails' : null;
    case 'it waited for 7 days':
      return hasWaited(row) ? waitedFor(row, why, facts) : null;
    default:
      return null;
  }
}

function hasWaited({ queued_at: queuedAt, settled_at: settledAt }: Row): boolean {
  return settledAt - queuedAt >= 7 * DAY && settledAt - queuedAt <= 7 * DAY + EXPIRED_WITHIN;
}

/** What was answered to it until it ended. */
function of({ id, settled_at: settledAt }: Row, { answers }: Facts): readonly Answered[] {
  return answers.filter(({ delivery, at }) => delivery === id && at <= settledAt);
}

function isLastAnswer(answers: readonly Answered[], why: string): boolean {
  return ANSWERS[answers.at(-1)?.answer ?? 'taken']?.test(why) === true;
}

/** Its failures, from one to the next with others taken between, add up to a day; between its last two something was taken. */
function failedByItself(row: Row, why: string, facts: Facts): boolean {
  const own = of(row, facts).filter(({ answer }) => answer !== 'taken' && answer !== 'slow down');
  const receiver = facts.canonical(row.receiver);
  const taken = facts.answers.filter((each) => each.receiver === receiver && each.answer === 'taken');
  if (taken.some(({ delivery }) => delivery === row.id)) return false;
  const proven = own.filter(({ at }, i) => {
    const before = own[i - 1]?.at ?? Number.POSITIVE_INFINITY;
    return taken.some((each) => each.at > before && each.at < at);
  });
  const lasted = proven.map(({ at }, i) => {
    const before = proven[i - 1] ?? own[own.findIndex((each) => each.at === at) - 1];
    return Math.min(at - (before?.at ?? at), 2 * HOUR);
  });
  const sum = lasted.reduce((total, ms) => total + ms, 0);
  return sum > DAY - MINUTE && own.at(-1) === proven.at(-1) && isLastAnswer(own, why);
}

/** What the receiver lacked that it waited for, if that is what the reason says. */
function waitedFor(row: Row, why: string, facts: Facts): Cause | null {
  const { receivers } = facts.deployments.findLast(({ at }) => at <= row.settled_at) ?? { receivers: [] };
  const deployed = receivers.find(({ name }) => name === row.receiver);
  if (deployed === undefined)
    return why === `no receiver "${row.receiver}" is set` ? 'a receiver that was removed' : null;
  if (!deployed.isSet) return /^[A-Z_]+ is not set$/.test(why) ? 'a receiver not set' : null;
  const receiver = facts.canonical(row.receiver);
  const last = facts.answers.findLast((each) => each.receiver === receiver && each.at <= row.settled_at);
  const isTrue = isLastAnswer(last === undefined ? [] : [last], why) || isLastAnswer(of(row, facts), why);
  return isTrue ? 'a receiver that fails' : null;
}

/**
 * A death is a health alert at once, or within the hour of one at that receiver; somebody else got it. Health alerts that
 * die raise none.
 */
function reportUnraised(store: Store, dead: readonly Row[], report: (problem: string) => void): void {
  const raised = store
    .all<{ receiver: string; state: string; at: number; notification: string }>(
      `SELECT receiver, state, queued_at AS at, notification FROM deliveries WHERE health = 'dead-delivery'`,
    )
    .map((row) => ({ ...row, health: (JSON.parse(row.notification) as HealthNotification).health }));
  const counting = dead.filter(({ health }) => health === null);
  for (const row of counting) {
    const of = raised.filter(
      ({ at, health }) => health.subject === row.receiver && at <= row.settled_at && at > row.settled_at - HOUR,
    );
    if (of.length === 0) report(`delivery ${row.id} to ${row.receiver} is dead, and nobody was notified`);
    else if (!of.some(({ receiver, state }) => receiver !== row.receiver && state === 'delivered'))
      report(`that delivery ${row.id} to ${row.receiver} is dead reached nobody`);
  }
  for (const { at, health } of raised) {
    const isOne = (row: Row): boolean =>
      row.receiver === health.subject && row.settled_at === at && health.summary.startsWith(row.reason ?? '?');
    if (!counting.some(isOne)) report(`a death at ${health.subject} was raised, and there was none: ${health.summary}`);
  }
}
