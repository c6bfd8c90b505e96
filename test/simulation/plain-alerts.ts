/** The model's alerts: which one a match belongs to, and what it holds; written apart from src/alert. */
import type { Acknowledgement, Resolution } from '../../src/alert/alert.ts';
import type { Notified } from '../../src/alert/notify.ts';
import type { Level } from '../../src/sigma/index.ts';
import { isHighOrCritical, rank } from './plain-decisions.ts';
import type { Routed } from './plain-routes.ts';

const DAY = 24 * 3_600_000;
/** Matches that lie this far apart are two alerts. */
const APART_MS = 7 * DAY;
const NETWORKS_MAX = 256;

export type ModelState = 'open' | 'acknowledged' | 'resolved' | 'past';

export interface ModelMatch {
  readonly seq: number;
  readonly at: number;
  readonly level: Level;
  readonly network: string | null;
  readonly isBackfilled: boolean;
}

/** A message that a receiver is to get, by itself or with others. */
export interface ModelMessage {
  readonly receiver: string;
  readonly alert: number;
  readonly kind: string;
  /** Of the alert at that time. */
  readonly count: number;
  readonly level: Level;
  /** The entry that led to it; where an act did, the alert's last. */
  readonly seq: number;
  /** The first contributing entries. */
  readonly first: readonly string[];
  /** What the routes say of it; null: no route leads to the receiver any more. */
  readonly routed: Routed | null;
  /** It escalates. */
  readonly isUrgent: boolean;
}

export interface ModelAlert {
  readonly id: number;
  readonly rule: string;
  readonly key: string;
  readonly previous: number | null;
  state: ModelState;
  level: Level;
  begins: number;
  lastAt: number;
  lastSeq: number;
  count: number;
  backfilled: boolean;
  readonly networks: string[];
  readonly notified: Map<string, Notified>;
  acknowledged: Acknowledgement | null;
  /** Whom to notify if nobody acts until then. */
  escalations: readonly { readonly to: string; readonly at: number }[];
  assignee: string | null;
  resolution: Resolution | null;
  /** A silence suppressed something severe of it that nobody was notified of since. */
  isSilenced: boolean;
  /** By entry: the expected decisions, or that the entry contributed. */
  readonly matches: Map<number, string>;
  /** All entries that matched. */
  readonly matched: Set<number>;
  /** By reason: decisions about matches that are not kept. */
  readonly decided: Map<string, number>;
  end(reason: Resolution['reason'], by: string, at: number, comment: string | null): void;
}

/** Where a match belongs. */
export interface Place {
  /** Null: it opens an alert. */
  readonly joins: ModelAlert | null;
  readonly isPast: boolean;
  readonly supersedes: ModelAlert | null;
  readonly previous: ModelAlert | null;
}

/** Finds it among the alerts of its rule and key. */
export function place(alike: readonly ModelAlert[], match: ModelMatch): Place {
  const none = { joins: null, isPast: false, supersedes: null, previous: null };
  const isLive = ({ state }: ModelAlert): boolean => state === 'open' || state === 'acknowledged';
  const isNear = ({ begins, lastAt }: ModelAlert): boolean =>
    begins - match.at < APART_MS && match.at - lastAt < APART_MS;
  const live = alike.find(isLive) ?? null;
  if (live !== null && isNear(live)) return { ...none, joins: live };
  // What is late joins what was resolved, unless it is severe and shows something that was not seen then.
  const others = alike.filter((each) => !isLive(each)).sort((a, b) => a.lastAt - b.lastAt || a.id - b.id);
  const showsNews = ({ state, level, networks }: ModelAlert): boolean =>
    state === 'resolved' &&
    isHighOrCritical(match.level) &&
    (rank(match.level) > rank(level) || (match.network !== null && !networks.includes(match.network)));
  const late = others.find((each) => isNear(each) && match.at <= each.lastAt && !showsNews(each));
  if (late !== undefined) return { ...none, joins: late };
  const past = others.find((each) => each.state === 'past' && isNear(each));
  if (past !== undefined) return { ...none, joins: past };
  if (live !== null && match.at < live.begins) return { ...none, isPast: true };
  const previous = live ?? others.filter(({ state }) => state === 'resolved').at(-1) ?? null;
  return { ...none, supersedes: live, previous };
}

export function openAlert(
  id: number,
  rule: string,
  key: string,
  match: ModelMatch,
  isPast: boolean,
  previous: number | null,
): ModelAlert {
  const alert: ModelAlert = {
    ...{ id, rule, key, previous, state: isPast ? 'past' : 'open', level: match.level },
    ...{
      begins: match.at,
      lastAt: match.at,
      lastSeq: match.seq,
      count: 0,
      backfilled: true,
      networks: [],
      notified: new Map(),
    },
    ...{ acknowledged: null, escalations: [], assignee: null, resolution: null, isSilenced: false },
    ...{ matches: new Map(), matched: new Set(), decided: new Map() },
    end: (reason, by, at, comment) => {
      alert.state = 'resolved';
      alert.acknowledged = null;
      alert.escalations = [];
      alert.resolution = { reason, by, at, comment };
      for (const [name, of] of alert.notified) alert.notified.set(name, { ...of, deferred: null });
    },
  };
  addMatch(alert, match);
  return alert;
}

export function addMatch(alert: ModelAlert, { seq, at, level, network, isBackfilled }: ModelMatch): void {
  // What was acknowledged was less severe.
  if (alert.acknowledged !== null && rank(level) > rank(alert.acknowledged.level)) {
    alert.acknowledged = null;
    alert.state = 'open';
  }
  alert.count++;
  alert.lastSeq = Math.max(alert.lastSeq, seq);
  alert.begins = Math.min(alert.begins, at);
  alert.lastAt = Math.max(alert.lastAt, at);
  if (rank(level) > rank(alert.level)) alert.level = level;
  if (!isBackfilled) alert.backfilled = false;
  alert.matched.add(seq);
  if (network !== null && !alert.networks.includes(network) && alert.networks.length < NETWORKS_MAX)
    alert.networks.push(network);
}

/** The /24 of an IPv4 address, the /64 of an IPv6 one; null for anything else. Of the spellings that traffic has. */
export function networkOf({ client_ip: address }: { readonly [field: string]: unknown }): string | null {
  if (typeof address !== 'string') return null;
  const v4 = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.\d+$/.exec(address);
  if (v4 !== null) return `${v4.slice(1).join('.')}.0/24`;
  const [head] = address.toLowerCase().split('::');
  if (head === undefined || !address.includes('::')) return null;
  const groups = [...head.split(':').map((group) => Number.parseInt(group, 16).toString(16)), '0', '0', '0'].slice(
    0,
    4,
  );
  // As it is written: without the zeros at its end.
  while (groups.at(-1) === '0') groups.pop();
  return `${groups.join(':')}::/64`;
}
