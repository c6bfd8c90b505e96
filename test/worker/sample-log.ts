/**
 * Sample entries whose alerts reveal a lost entry or one recorded twice: deletions that open an alert each, reads that
 * open one together, a burst just large enough for an alert, and a burst one entry short of it.
 */
import { expect } from 'vitest';
import { entryAt } from '../sandbox/odd.ts';
import type { LogRecord } from '../sandbox/record.ts';
import { MINUTE, type World } from './world.ts';

export interface SampleLog {
  readonly records: readonly LogRecord[];
  readonly ids: readonly string[];
  /** Titles of the alerts it must open, sorted. */
  readonly alerts: readonly string[];
}

/** Reads of one kubeconfig by one actor, which are one alert with one notification. */
const JOINED = 3;

/** `size` entries within `spanMs`, which ends 10 s before `now`; all are visible at once. */
export function createSampleLog(
  now: number,
  { size = 250, prefix = 's', spanMs = 30 * MINUTE }: { size?: number; prefix?: string; spanMs?: number } = {},
): SampleLog {
  const to = now - 10_000;
  const from = to - spanMs;
  const minute = spanMs / 30;
  const address = `2001:db8::${Array.from(prefix, (letter) => letter.charCodeAt(0).toString(16))
    .slice(0, 6)
    .join(':')}`;
  const id = (n: number): string => `${prefix}-${String(n).padStart(5, '0')}`;
  let n = 0;
  const records: LogRecord[] = [];
  const add = (at: number, fields: Record<string, unknown>): void => {
    records.push({ ...entryAt(Math.floor(at), id(n++), fields), appearsAt: from });
  };
  const actor = (of: string) => ({ id: `${prefix}-${of}`, name: of, type: 'user' });
  for (let i = 0; i < 5; i++) {
    add(from + i * 5 * minute, {
      action: 'api_key.deleted',
      method: 'DELETE',
      path: `/v1/api_keys/${prefix}-${i}`,
      status_code: 204,
      actor: actor(`deleter ${i}`),
      target: { id: `${prefix}-key-${i}`, type: 'api_key' },
    });
  }
  // Spread over four minutes, so that pages and batches end in the middle of them.
  for (let i = 0; i < 19; i++) {
    add(from + (2 + i / 5) * minute, { status_code: 403, actor: actor('one short'), client_ip: `${address}:19` });
  }
  for (let i = 0; i < 20; i++) {
    add(from + (9 + i / 5) * minute, { status_code: 403, actor: actor('enough'), client_ip: `${address}:20` });
  }
  for (let i = 0; i < JOINED; i++) {
    add(from + (20 + i) * minute, {
      path: '/v1/nks/clusters/c-1/kubeconfig',
      action: 'nks_cluster.kubeconfig_read',
      actor: actor('reader'),
    });
  }
  for (let left = Math.max(0, size - records.length), i = 0; i < left; i++)
    add(from + ((i + 0.5) / left) * (to - from), {});
  return {
    records,
    ids: records.map(({ body }) => (body as { id: string }).id).sort(),
    alerts: [
      ...Array.from({ length: 5 }, () => 'API key deleted'),
      'Burst of 4xx by one actor',
      'Burst of 4xx from one address',
      'Kubeconfig of a cluster read',
    ],
  };
}

/** The sorted ids of the recorded entries; fails if an id is there twice or a number is missing. */
export async function recordedIds(world: World): Promise<string[]> {
  const rows = await world.sql<{ id: string; seq: number }>('SELECT id, seq FROM entries ORDER BY seq');
  expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
  const ids = rows.map((row) => row.id).sort();
  expect(new Set(ids).size).toBe(ids.length);
  expect((await world.state()).counters.recorded).toBe(ids.length);
  return ids;
}

/** Every entry recorded exactly once, every alert opened once, with its matches. */
export async function expectRecorded(world: World, ...samples: readonly SampleLog[]): Promise<void> {
  expect(await recordedIds(world)).toEqual(samples.flatMap((each) => each.ids).sort());
  expect(await world.sql('SELECT 1 FROM staging')).toEqual([]);
  const rows = await world.sql<{ title: string; count: number }>('SELECT title, count FROM alerts ORDER BY title');
  const countOf = (title: string): number => (title.startsWith('Kubeconfig') ? JOINED : 1);
  expect(rows).toEqual(alertsOf(samples).map((title) => ({ title, count: countOf(title) })));
}

/** Receivers were notified of each alert once, and Slack has the messages, alone or of a group. */
export async function expectDelivered(
  world: World,
  often: 'once' | 'at least once',
  ...samples: readonly SampleLog[]
): Promise<void> {
  const alerts = alertsOf(samples);
  await world.delivered();
  const states = await world.sql<{ alert: number; state: string }>(
    'SELECT alert, state FROM deliveries WHERE health IS NULL AND grp IS NOT NULL ORDER BY alert',
  );
  expect(states).toEqual(alerts.map((_, index) => ({ alert: index + 1, state: 'delivered' })));
  const sent = await world.sql<{ title: string; alerts: number }>(
    `SELECT coalesce(notification ->> '$.group.first.alert.title', notification ->> '$.alert.title') AS title,
       coalesce(notification ->> '$.group.alerts', 1) AS alerts
     FROM deliveries WHERE health IS NULL AND attempts > 0 AND state = 'delivered' ORDER BY title`,
  );
  expect(sent.reduce((sum, message) => sum + message.alerts, 0)).toBe(alerts.length);
  const { messages } = await world.slack.read();
  const titles = messages.map(({ text }) => alerts.find((title) => text.includes(title))).filter((title) => title);
  if (often === 'once') expect(titles.sort()).toEqual(sent.map(({ title }) => title).sort());
  else expect(new Set(titles)).toEqual(new Set(sent.map(({ title }) => title)));
}

/** Everything was recorded and delivered exactly once. */
export async function expectRecordedAndDelivered(world: World, ...samples: readonly SampleLog[]): Promise<void> {
  await expectRecorded(world, ...samples);
  await expectDelivered(world, 'once', ...samples);
}

function alertsOf(samples: readonly SampleLog[]): string[] {
  return samples.flatMap((each) => each.alerts).sort();
}
