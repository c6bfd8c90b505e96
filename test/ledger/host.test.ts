/** The host: when it sets the alarm. */
import { describe, expect, it } from 'vitest';
import { NO_LINKS } from '../../src/alert/links.ts';
import { createHost } from '../../src/ledger/host.ts';
import type { Outcome } from '../../src/notify/receiver.ts';
import { createScene, deleted, entry, MINUTE, NOON, onAction, route, SECOND } from './scene.ts';

/** The alarms that a call sets, where the platform says that one is set for `stored`. */
async function alarmsSet(stored: number | null): Promise<number[]> {
  const { ledger, store, outbox } = createScene();
  const set: number[] = [];
  const host = createHost({
    ledger,
    store,
    outbox,
    receivers: [],
    linksOf: async () => NO_LINKS,
    alarm: { get: async () => stored, set: async (at) => void set.push(at) },
    now: () => NOON,
    log: { sent: () => undefined, failed: () => undefined },
  });
  await host.begin({ kv: null, startAt: NOON, suppressFirstRead: false });
  return set;
}

describe('the alarm', () => {
  const { ledger } = createScene([], { receivers: [route('slack')] });
  const due = ledger.nextAlarmAt(NOON) ?? Number.NaN;
  const cases: readonly (readonly [sentence: string, stored: number | null, set: number[]])[] = [
    ['is set where it is missing', null, [due]],
    ['is set where it is too late', due + 1, [due]],
    ['stays where it is early enough', due, []],
    ['stays where it is overdue by minutes: the platform is late', NOON - 15 * MINUTE, []],
    [
      'is set again where it is overdue for longer: a restored storage holds one that the platform lost',
      NOON - 15 * MINUTE - 1,
      [due],
    ],
  ];
  it.each(cases)('%s', async (_, stored, set) => {
    expect(await alarmsSet(stored)).toEqual(set);
  });
});

it('a slow receiver holds up no critical message whose time comes meanwhile', async () => {
  const rules = [onAction('vm.deleted', { level: 'high' }), onAction('org.deleted', { level: 'critical' })];
  const { ledger, store, outbox, record } = createScene(rules, { receivers: [route('slow'), route('fast')] });
  record([deleted('a', NOON)]);
  let now = NOON + 30 * SECOND;
  const answer = Promise.withResolvers<Outcome>();
  const got: string[] = [];
  const host = createHost({
    ...{ ledger, store, outbox, linksOf: async () => NO_LINKS, now: () => now },
    receivers: [
      { name: 'slow', paceMs: 0, send: () => answer.promise },
      {
        name: 'fast',
        paceMs: 0,
        send: async ({ notification }) => {
          got.push(notification.kind);
          return { kind: 'delivered' };
        },
      },
    ],
    alarm: { get: async () => null, set: async () => undefined },
    log: { sent: () => undefined, failed: () => undefined },
  });
  const alarm = host.alarm();
  await expect.poll(() => got).toEqual(['opened']);
  record([entry('b', NOON, { action: 'org.deleted', actor: { id: 'bob' } })], { now });
  now += 5 * SECOND;
  await expect.poll(() => got, { timeout: 30_000 }).toEqual(['opened', 'opened']);
  answer.resolve({ kind: 'delivered' });
  await alarm;
});
