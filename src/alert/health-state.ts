/**
 * Whether Tocsin reads, evaluates and notifies, as one state with its reasons: what `status`, the front page and the heartbeat
 * say. Pure.
 *
 * Contract: `blind` where entries are not read or evaluated, or nobody can be notified; `degraded` where anything else is
 * wrong; `healthy` only without a reason. A reason may hold what others wrote: it is untrusted text.
 */
import { LEVELS, type Level } from '../sigma/index.ts';
import { durationInWords } from '../text/duration.ts';
import { cappedText, counted } from '../text/numbers.ts';
import { HEALTH_KINDS, levelOfKind } from './health-words.ts';
import type { HealthAlertKind } from './notification.ts';

export type HealthState = 'healthy' | 'degraded' | 'blind';

/** Why it is not healthy. */
export interface HealthReason {
  /** A kind of health alert, or one of the others below. */
  readonly kind: ReasonKind;
  readonly level: Level;
  readonly text: string;
}

type ReasonKind =
  | HealthAlertKind
  /** No ledger is bound; no tick has run yet. */
  | 'no-ledger'
  | 'not-begun'
  /** A setting is wrong. */
  | 'setting'
  /** No receiver works, or none is configured. */
  | 'nobody-notified'
  /** The last tick failed. */
  | 'failed-tick'
  /** The last attempt to deliver something to a receiver failed. */
  | 'failed-attempt'
  /** One message fails, while others get through. */
  | 'failing-message'
  /** Rules that changed are evaluated late. */
  | 'rebuilding'
  /** Stored by another version of the Worker. */
  | 'unknown';

export interface Health {
  readonly state: HealthState;
  /** The most severe first; empty where it is healthy. */
  readonly reasons: readonly HealthReason[];
}

/** What the ledger knows. Wall times, ms. */
export interface LedgerFacts {
  readonly watching: 'not begun' | 'watching' | 'blind';
  /** When a scan last moved or ended. */
  readonly movedAt: number | null;
  /** Why ticks fail; null where the last one did not. */
  readonly failure: FailureFacts | null;
  readonly receivers: readonly ReceiverFacts[];
  /** Messages that died within 24 hours, and are dead still. */
  readonly recentlyDead: number;
  readonly inQuarantine: number;
  /** The open ones. `kind` includes the subject, as in `unhealthy-receiver:slack`. */
  readonly healthAlerts: readonly { readonly kind: string; readonly level: Level; readonly headline: string }[];
  /** Passes over what is recorded that are not over. */
  readonly passes: readonly PassFacts[];
}

/** A pass. `rebuild`: until it is over, alerts of its rules are late. */
export interface PassFacts {
  readonly kind: 'rebuild' | 'backfill';
  readonly rules: readonly { readonly title: string }[];
  readonly beganAt: number;
  readonly percent: number;
  /** When it goes on, where the day's rows are used; null: it does not wait. */
  readonly waitsUntil: number | null;
}

interface FailureFacts {
  readonly kind: 'key' | 'upstream' | 'other';
  readonly message: string;
  readonly since: number;
}

/** A receiver as far as its messages show whether it works. */
export interface ReceiverFacts {
  readonly name: string;
  /** Messages reach it, as far as is known: what fails may be a message's own fault. */
  readonly works: boolean;
  /** Why it does not work, or why the last attempt failed; null where neither is so. */
  readonly reason: string | null;
  /** Since when its oldest message waits, where that is too long. */
  readonly backlogSince: number | null;
  /** The message that fails by itself, where it has for too long. */
  readonly failingMessage: FailingMessage | null;
}

/** A message that fails while others get through: since when, and why. */
export interface FailingMessage {
  readonly since: number;
  readonly reason: string;
}

/** A setting that is wrong. `isNeeded`: nothing can be watched without it. */
export interface SettingFacts {
  readonly setting: string;
  readonly problem: string;
  readonly isNeeded: boolean;
}

/** A pass may take so long before anything is wrong. */
const PASS_MS = 10 * 60_000;

/** No count of what is wrong goes beyond this, and one: each is a row read for the front page. */
export const WRONG_COUNTED_MAX = 100;

/**
 * The state. `facts` null: no ledger is bound. `settings`: those that are wrong, as far as the caller knows them.
 *
 * @example healthOf(facts, [], now).state // 'healthy'
 */
export function healthOf(facts: LedgerFacts | null, settings: readonly SettingFacts[], now: number): Health {
  const blind = blindReasons(facts, settings, now);
  const reasons = [...blind, ...otherReasons(facts, settings, now)];
  reasons.sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
  if (blind.length > 0) return { state: 'blind', reasons };
  return { state: reasons.length > 0 ? 'degraded' : 'healthy', reasons };
}

/** Why entries are not read or evaluated, and why nobody can be notified. */
function blindReasons(
  facts: LedgerFacts | null,
  settings: readonly SettingFacts[],
  now: number,
): readonly HealthReason[] {
  const needed = settings.filter(({ isNeeded }) => isNeeded).map((each) => ofSetting(each));
  if (facts === null) {
    return needed.length > 0 ? needed : [critical('no-ledger', 'no ledger is bound: nothing is recorded')];
  }
  return [...needed, ...ofReading(facts, now), ...ofLimits(facts.healthAlerts), ...ofNobody(facts.receivers)];
}

/** What Cloudflare's plan stops for the rest of the day: nearly stopped counts, since the end can't be stored. */
function ofLimits(healthAlerts: LedgerFacts['healthAlerts']): readonly HealthReason[] {
  const reached = healthAlerts.find(({ kind }) => reasonKind(kind) === 'limit-reached');
  return reached === undefined ? [] : [critical('limit-reached', reached.headline)];
}

function ofReading({ watching, movedAt }: LedgerFacts, now: number): readonly HealthReason[] {
  switch (watching) {
    case 'watching':
      return [];
    case 'not begun':
      return [critical('not-begun', 'no tick has run yet. Once deployed, the cron trigger runs one every minute')];
    case 'blind': {
      const forSo = movedAt === null ? '' : ` for ${inMinutes(now - movedAt)}`;
      return [critical('blind', `no progress in reading the audit log${forSo}`)];
    }
  }
}

function ofNobody(receivers: readonly ReceiverFacts[]): readonly HealthReason[] {
  if (receivers.some(({ works }) => works)) return [];
  const why = receivers.length === 0 ? 'no receiver is configured' : 'no receiver works';
  return [critical('nobody-notified', `nobody can be notified: ${why}`)];
}

function otherReasons(
  facts: LedgerFacts | null,
  settings: readonly SettingFacts[],
  now: number,
): readonly HealthReason[] {
  const others = settings.filter(({ isNeeded }) => !isNeeded).map((each) => ofSetting(each));
  if (facts === null) return others;
  return [
    ...ofFailure(facts.failure, now),
    ...facts.receivers.flatMap((receiver) => ofReceiver(receiver, now)),
    ...ofCount('dead-delivery', facts.recentlyDead, 'could not be delivered in the last 24 hours', 'message'),
    ...ofCount('quarantine', facts.inQuarantine, 'in quarantine', 'record'),
    ...facts.passes.flatMap((pass) => ofPass(pass, now)),
    ...ofHealthAlerts(facts),
    ...others,
  ];
}

function ofSetting({ setting, problem, isNeeded }: SettingFacts): HealthReason {
  return { kind: 'setting', level: isNeeded ? 'critical' : 'medium', text: `${setting} ${problem}` };
}

function ofFailure(failure: FailureFacts | null, now: number): readonly HealthReason[] {
  if (failure === null) return [];
  const text = `reading has failed for ${inMinutes(now - failure.since)}: ${failure.message}`;
  return [failure.kind === 'key' ? ofKind('key-refused', text) : { kind: 'failed-tick', level: 'medium', text }];
}

function ofReceiver(receiver: ReceiverFacts, now: number): readonly HealthReason[] {
  const { name, works, reason, backlogSince, failingMessage } = receiver;
  const because = reason === null ? '' : `: ${reason}`;
  if (!works) return [ofKind('unhealthy-receiver', `the receiver ${name} does not work${because}`)];
  const waits =
    backlogSince === null
      ? []
      : [ofKind('backlog', `messages to ${name} have waited for ${inMinutes(now - backlogSince)}${because}`)];
  if (failingMessage !== null) {
    const text = `a message to ${name} has failed for ${inMinutes(now - failingMessage.since)}, others are delivered: ${failingMessage.reason}`;
    return [...waits, { kind: 'failing-message', level: 'medium', text }];
  }
  if (waits.length > 0 || reason === null) return waits;
  return [{ kind: 'failed-attempt', level: 'medium', text: `the last message to ${name} failed${because}` }];
}

function ofPass(pass: PassFacts, now: number): readonly HealthReason[] {
  if (pass.kind === 'backfill' || now - pass.beganAt < PASS_MS) return [];
  const { rules, percent, waitsUntil } = pass;
  const [first] = rules;
  const isOne = rules.length === 1 && first !== undefined;
  const what = isOne ? `the rule “${first.title}” changed and is` : `${rules.length} rules changed and are`;
  const wait = waitsUntil === null ? '' : ", and goes on at 00:00 UTC with the next day's rows";
  const text = `${what} evaluated late: going through the recorded entries is at ${percent} %${wait}`;
  return [{ kind: 'rebuilding', level: 'medium', text }];
}

function ofCount(kind: 'dead-delivery' | 'quarantine', count: number, what: string, one: string) {
  if (count === 0) return [];
  const many = count > WRONG_COUNTED_MAX ? `${cappedText(count, WRONG_COUNTED_MAX)} ${one}s` : counted(count, one);
  return [ofKind(kind, `${many} ${what}`)];
}

/** The health alerts about what none of the reasons above says. What a count above says ends before its health alert does. */
function ofHealthAlerts({ watching, failure, receivers, healthAlerts }: LedgerFacts): readonly HealthReason[] {
  const isSaid = (key: string): boolean => {
    const [kind = key] = key.split(':');
    switch (kind) {
      case 'dead-delivery':
      case 'quarantine':
      case 'limit-reached':
        return true;
      case 'blind':
        return watching === 'blind';
      case 'key-refused':
        return failure?.kind === 'key';
      case 'unhealthy-receiver':
        return receivers.some(({ name, works }) => !works && key === `${kind}:${name}`);
      case 'backlog':
        return receivers.some(({ name, works, backlogSince }) => {
          return key === `${kind}:${name}` && (!works || backlogSince !== null);
        });
      default:
        return false;
    }
  };
  return healthAlerts
    .filter(({ kind }) => !isSaid(kind))
    .map(({ kind, level, headline }) => ({ kind: reasonKind(kind), level, text: headline }));
}

function reasonKind(key: string): ReasonKind {
  const [kind = key] = key.split(':');
  return HEALTH_KINDS.find((each) => each === kind) ?? 'unknown';
}

function ofKind(kind: HealthAlertKind, text: string): HealthReason {
  return { kind, level: levelOfKind(kind), text };
}

function critical(kind: ReasonKind, text: string): HealthReason {
  return { kind, level: 'critical', text };
}

const MINUTE_MS = 60_000;

function inMinutes(ms: number): string {
  return ms < MINUTE_MS ? 'less than a minute' : durationInWords(Math.floor(ms / MINUTE_MS) * MINUTE_MS);
}
