/** An alert's notifications in workerd: opened, updated, a reminder; its evidence, and how often rules matched. */
import { describe, expect, it } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import { createWorld, HOUR, MINUTE, type World } from './world.ts';

const READER = { id: 'reader', name: 'Reader', type: 'user' };
/** API keys created by an API key, which is high: a second apart, the last of them now. */
const created = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    entryAt(Date.now() - (to - from - i) * 1_000, `key-${from + i}`, {
      ...{ action: 'api_key.created', method: 'POST', path: '/v1/api_keys', status_code: 201 },
      actor: { id: 'maker', name: 'Maker', type: 'api_key' },
    }),
  );
const notifications = async (world: World) =>
  (
    await world.sql<{ kind: string; count: number; entry: string }>(
      `SELECT notification ->> '$.kind' AS kind, notification ->> '$.alert.count' AS count,
         notification ->> '$.entry.id' AS entry FROM deliveries WHERE health IS NULL ORDER BY id`,
    )
  ).map(({ kind, count, entry }) => [kind, count, entry]);

describe('an alert', () => {
  it('notifies when it opens, when it has ten times as many matches, and again where nobody acted', async () => {
    const world = await createWorld();
    await world.append(created(1, 4));
    await world.untilEnded();
    expect(await notifications(world)).toEqual([['opened', 1, 'key-1']]);
    await world.append(created(5, 12));
    await world.untilEnded();
    const updated = [
      ['opened', 1, 'key-1'],
      ['updated', 10, 'key-10'],
    ];
    expect(await notifications(world)).toEqual(updated);

    // What waits and what is deferred is stored: both survive the object.
    await world.evict();
    await world.delivered();
    const sentOf = async () =>
      (await world.slack.read()).messages.filter(({ text }) => text.includes('API key created by an API key')).length;
    // Two decisions about one alert, within seconds, are one message.
    expect(await sentOf()).toBe(1);
    // Four hours after the tenth match, by the alarm alone.
    await world.advance(4 * HOUR - 2 * MINUTE);
    await world.runAlarm();
    expect(await world.sql('SELECT act FROM acts')).toEqual([]);
    await world.evict();
    await world.advance(2 * MINUTE);
    await world.runAlarm();
    expect(await world.sql('SELECT act, who FROM acts')).toEqual([{ act: 'deferred', who: 'tocsin' }]);
    await world.delivered();
    expect((await notifications(world)).filter(([kind]) => kind === 'recurred')).toEqual([['recurred', 12, 'key-12']]);
    expect(await sentOf()).toBe(2);
    // Nothing came since: nothing is deferred any more.
    await world.advance(24 * HOUR);
    await world.runAlarm();
    await world.delivered();
    expect(await sentOf()).toBe(2);
    expect(await world.sql('SELECT state, count FROM alerts')).toEqual([{ state: 'open', count: 12 }]);
  });

  it('of a correlation stores the counted entries; its message contains the first of them', async () => {
    const world = await createWorld();
    const failures = Array.from({ length: 20 }, (_, i) =>
      entryAt(Date.now() - MINUTE + i, `no-${i}`, { status_code: 403, actor: READER, client_ip: '2001:db8::7' }),
    );
    await world.append(failures);
    await world.untilEnded();
    const rows = await world.sql<{ reason: string | null; n: number }>(
      "SELECT decision ->> '$[0].reason' AS reason, count(*) AS n FROM matches GROUP BY alert, reason ORDER BY alert, reason",
    );
    const one = [
      { reason: null, n: 19 },
      { reason: 'first match', n: 1 },
    ];
    expect(rows).toEqual([...one, ...one]);
    expect(
      await world.sql(
        "SELECT (SELECT group_concat(value ->> '$.id') FROM json_each(notification, '$.window.first')) AS first FROM deliveries",
      ),
    ).toEqual([{ first: 'no-0,no-1,no-2' }, { first: 'no-0,no-1,no-2' }]);
    const activity = await world.sql<{ matched: number; last_seq: number }>('SELECT matched, last_seq FROM activity');
    expect(activity.map(({ matched }) => matched).sort((a, b) => a - b)).toEqual([1, 1, 20]);
    expect(new Set(activity.map((row) => row.last_seq))).toEqual(new Set([20]));
    expect(await world.sql('SELECT DISTINCT actor FROM entries')).toEqual([{ actor: 'reader' }]);
  });
});
