/**
 * Writes on trial, and rolls back: whether the storage takes all that recording an entry writes.
 *
 * Contract: only while the storage is sound can a failure be an entry's own. So a trial write stages and takes an entry,
 * records it, indexes a block, opens alerts, fills a window, notifies, replaces its body, resolves its alerts, and raises and
 * resolves a health alert: the statements of recording, any of which may be the one that fails, and with room for a long
 * entry. It rolls it all back. Call it outside of a transaction; it stores nothing and never throws.
 */
import { type CorrelationRule, compile, type DetectionRule } from '../../sigma/index.ts';
import { overflowingRule, raiseHealthAlert, resolveHealthAlert, unhealthyReceiver } from '../health/health-alerts.ts';
import { firstState, readState, writeState } from '../store/state.ts';
import { actOn } from './acts.ts';
import type { LedgerContext } from './context.ts';
import { evictIndex, writeBlock } from './entry-index.ts';
import { evaluatedAlways } from './evaluated.ts';
import { createIntake } from './intake.ts';
import { quarantine } from './quarantine.ts';
import { replaceBodies } from './revisions.ts';
import { stage, takeStaged } from './staging.ts';

/** A storage where a statement fails now and then must not pass by chance, while an entry fails three times by chance. */
const TRIALS = 10;
/** On an almost full storage a long entry fails where a short one succeeds: the first trial takes the room of a long one. */
const ROOM_CHARS = 4 * 1024 * 1024;

/** The entry of a trial is older than any other, ms: so it is the first to be taken. */
const AT = 1;

const BARE = {
  name: null,
  level: 'critical',
  status: null,
  description: null,
  tags: [],
  falsepositives: [],
  fields: [],
  path: '',
  alerts: true,
  tocsin: { runbook: null, dedupBy: null, dedupPeriodMs: null, dedupReopenMs: null },
} as const;

/** Every entry satisfies it. */
const DETECTION: DetectionRule = {
  ...BARE,
  kind: 'detection',
  id: 'trial',
  title: 'trial',
  expression: { kind: 'and', of: [] },
};
const CORRELATION: CorrelationRule = {
  ...BARE,
  kind: 'correlation',
  id: 'trial, counted',
  title: 'trial, counted',
  type: 'event_count',
  rules: [DETECTION.id],
  groupBy: [],
  aliases: {},
  timespanMs: 60_000,
  condition: [{ op: 'gte', value: 1 }],
  fields: [],
  percentile: null,
  expression: null,
};
const ENGINE = compile({ version: 'trial', rules: [DETECTION, CORRELATION] });

/** It has no entries. */
const NO_BLOCK = -1;

class RolledBack extends Error {}

/** Whether the storage took all of it, several times. */
export function isStorageSound(context: LedgerContext, now: number): boolean {
  if (!takesAnEntry(context, 'r'.repeat(ROOM_CHARS), now)) return false;
  for (let trial = 1; trial < TRIALS; trial++) if (!takesAnEntry(context, '', now)) return false;
  return true;
}

function takesAnEntry({ store, options }: LedgerContext, room: string, now: number): boolean {
  const { receivers } = options;
  try {
    return store.transaction((): boolean => {
      const state = readState(store) ?? firstState(now, now, null);
      const id = `trial ${now}`;
      const entry = { id, createdAt: AT, occurredAt: AT, revision: 0, text: JSON.stringify({ id }) };
      stage(store, [entry, { ...entry, id: `${id}, long`, createdAt: now, text: entry.text + room }], now);
      takeStaged(store, 1);
      quarantine(store, [{ id, problem: 'trial', text: '' }], now);
      const setup = { engine: ENGINE, receivers };
      const intake = createIntake(store, setup);
      const scanContext = { began: AT, horizon: AT, suppressBefore: null };
      const own = { ...state, evaluated: evaluatedAlways(ENGINE) };
      const { state: after, opened } = intake(own, [entry], [], scanContext, now);
      const values = new Map([[id, [0]]]);
      writeBlock(store, NO_BLOCK, [{ bucket: 0, places: [0, 0], values: { actor: values, network: values } }]);
      evictIndex(store, [NO_BLOCK]);
      replaceBodies(store, [{ seq: after.lastSeq, text: entry.text, cut: null }]);
      const alerts = opened.map(({ id: alert }) => alert);
      const by = { alerts, who: 'trial', via: 'trial', seenLevel: null };
      actOn(store, setup, { ...by, act: { act: 'resolve', reason: 'expected', comment: null } }, now);
      for (let n = 0; n < 2; n++) raiseHealthAlert(store, overflowingRule(DETECTION.id), 'trial', receivers, now);
      raiseHealthAlert(store, unhealthyReceiver(DETECTION.id), 'trial', receivers, now);
      resolveHealthAlert(store, unhealthyReceiver(DETECTION.id), 'trial', receivers, now);
      writeState(store, after);
      throw new RolledBack();
    });
  } catch (error) {
    return error instanceof RolledBack;
  }
}
