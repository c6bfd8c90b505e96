/** The host: when it sets the alarm. */
import { describe, expect, it } from 'vitest';
import { NO_LINKS } from '../../src/alert/links.ts';
import { createHost } from '../../src/ledger/host.ts';
import { createScene, MINUTE, NOON, route } from './scene.ts';

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
