/** An alert's notifications in workerd: opened, updated, period closed; its evidence, and how often rules matched. */
import { describe, expect, it } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import { ALLOWED_LATENESS, createWorld, HOUR, MINUTE, type World } from './world.ts';

const READER = { id: 'reader', name: 'Reader', type: 'user' };
/** Reads of a kubeconfig by one actor, a second apart, the last of them now. */
const reads = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) =>
    entryAt(Date.now() - (to - from - i) * 1_000, `read-${from + i}`, {
      action: 'nks_cluster.kubeconfig_read',
      path: '/v1/nks/clusters/c-1/kubeconfig',
      actor: READER,
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
  it('notifies when it opens, when its count reaches ten, and once when its period closes', async () => {
    const world = await createWorld();
    await world.append(reads(1, 4));
    await world.untilEnded();
    expect(await notifications(world)).toEqual([['opened', 1, 'read-1']]);
    await world.append(reads(5, 12));
    await world.untilEnded();
    const updated = [
      ['opened', 1, 'read-1'],
      ['updated', 10, 'read-10'],
    ];
    expect(await notifications(world)).toEqual(updated);

    await world.advance(HOUR - MINUTE);
    await world.untilEnded();
    expect(await notifications(world)).toEqual(updated);
    await world.evict();
    await world.advance(ALLOWED_LATENESS + 2 * MINUTE);
    for (let i = 0; i < 3; i++) await world.untilEnded();
    expect(await notifications(world)).toEqual([...updated, ['resolved', 12, 'read-12']]);
    expect(await world.sql('SELECT state, closing FROM alerts')).toEqual([
      { state: 'closed', closing: expect.stringContaining('its period closed after growth') },
    ]);
    await world.delivered();
    // The hour without a tick also raised a health alert.
    const { messages } = await world.slack.read();
    expect(messages.filter(({ text }) => text.includes('Kubeconfig of a cluster read'))).toHaveLength(3);
  });

  it('of a correlation stores the counted entries; its message contains the first of them', async () => {
    const world = await createWorld();
    const failures = Array.from({ length: 20 }, (_, i) =>
      entryAt(Date.now() - MINUTE + i, `no-${i}`, { status_code: 403, actor: READER, client_ip: '2001:db8::7' }),
    );
    await world.append(failures);
    await world.untilEnded();
    const rows = await world.sql<{ reason: string | null; n: number }>(
      "SELECT decision ->> '$.reason' AS reason, count(*) AS n FROM matches GROUP BY alert, reason ORDER BY alert, reason",
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
