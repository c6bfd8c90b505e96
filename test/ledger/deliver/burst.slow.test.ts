/** A burst of 50,000 matches with 5,000 keys in ten minutes: when each receiver is notified, and that nothing is lost. */

import { describe, expect, it } from 'vitest';
import type { Level } from '../../../src/sigma/index.ts';
import { createScene, entry, MINUTE, NOON, onAction, type Scene, SECOND } from '../scene.ts';

const MATCHES = 50_000;
const KEYS = 5_000;
const PAGE = 100;
/** Pages come every so often: 500 of them in ten minutes. */
const EVERY_MS = (10 * MINUTE * PAGE) / MATCHES;

interface Message {
  readonly at: number;
  readonly kind: string;
  readonly alerts: number;
  readonly ids: readonly number[];
}

/** Lets it happen, with a receiver that takes a message a second. */
function burst(level: Level, critical: number | null) {
  const rules = [onAction('vm.read', { level }), onAction('org.deleted', { level: 'critical' })];
  const scene = createScene(rules);
  const messages: Message[] = [];
  let criticalAt = 0;
  for (let at = 0, page = 0; at <= 40 * MINUTE; at += SECOND) {
    const now = NOON + at;
    for (; page < MATCHES / PAGE && page * EVERY_MS <= at; page++) {
      scene.record(pageOf(page, now), { now });
      if (critical !== null && page === critical) {
        scene.record([entry('the one', now, { action: 'org.deleted', actor: { id: 'mallory' } })], { now });
        criticalAt = now;
      }
    }
    const next = scene.ledger.nextAlarmAt(now);
    if (next !== null && next <= now) scene.ledger.watchdog(now);
    messages.push(...sendOne(scene, now));
  }
  return { scene, messages, criticalAt };
}

function pageOf(page: number, now: number) {
  return Array.from({ length: PAGE }, (_, i) => {
    const n = page * PAGE + i;
    return entry(`e${n}`, now - 1, { actor: { id: `actor ${n % KEYS}` } });
  });
}

function sendOne({ outbox }: Scene, now: number): Message[] {
  const taken = outbox.take('slack', now);
  if (taken.kind !== 'due') return [];
  const { notification } = taken.due;
  outbox.settle(taken.due, { reachedAt: now, outcome: { kind: 'delivered' }, paceMs: 0 }, now);
  if (notification.kind === 'group') {
    const { alerts, first, others } = notification.group;
    return [{ at: now, kind: notification.group.kind, alerts, ids: [first.alert.id, ...others.map(({ id }) => id)] }];
  }
  if (!('alert' in notification)) return [];
  return [{ at: now, kind: notification.kind, alerts: 1, ids: [notification.alert.id] }];
}

describe('50,000 matches with 5,000 keys in ten minutes', () => {
  it('at medium, one of them critical: that is delivered within 10 seconds, all others within 20 minutes', () => {
    const { scene, messages, criticalAt } = burst('medium', 250);
    const one = scene.store.all<{ id: number }>("SELECT id FROM alerts WHERE level = 'critical'")[0]?.id ?? 0;
    const [notified] = messages.filter(({ ids }) => ids.includes(one));
    expect((notified?.at ?? Number.POSITIVE_INFINITY) - criticalAt).toBeLessThanOrEqual(10 * SECOND);
    expect(scene.count('alerts')).toBe(KEYS + 1);
    // Each decision to notify left in one message, and each alert was notified.
    const counts = scene.store.all<{ alert: number; n: number; last: number; first: number }>(
      `SELECT alert, count(*) AS n, min(settled_at) AS first, min(queued_at) AS last FROM deliveries
       WHERE grp IS NOT NULL AND state = 'delivered' GROUP BY alert`,
    );
    expect(counts).toHaveLength(KEYS + 1);
    expect(scene.count('deliveries', "state NOT IN ('delivered') AND health IS NULL")).toBe(0);
    for (const { first, last } of counts) expect(first - last).toBeLessThanOrEqual(20 * MINUTE);
    expect(messages.length).toBeLessThanOrEqual(10);
  });

  it('all critical: at most one message a rule and minute after the first twenty', () => {
    const { scene, messages } = burst('critical', null);
    expect(scene.count('deliveries', "state NOT IN ('delivered') AND health IS NULL")).toBe(0);
    expect(scene.store.all('SELECT DISTINCT alert FROM deliveries WHERE grp IS NOT NULL')).toHaveLength(KEYS);
    const perMinute = Map.groupBy(messages.slice(20), ({ at }) => Math.floor(at / MINUTE));
    for (const of of perMinute.values()) expect(of.length).toBeLessThanOrEqual(2);
    expect(messages.length).toBeLessThanOrEqual(20 + 40);
  });
});
