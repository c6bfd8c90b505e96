import { describe, expect, it } from 'vitest';
import { createOrganization, generate } from './organization.ts';
import { createRandom } from './random.ts';
import { type EntryBody, type LogRecord, readPrecisely } from './record.ts';
import { SCENARIO_NAMES, SCENARIOS } from './scenarios.ts';

const WEDNESDAY = Date.parse('2026-03-04T00:00:00Z');
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const bodyOf = ({ body }: LogRecord): EntryBody => body as EntryBody;
const is4xx = ({ status_code: status }: EntryBody): boolean => status >= 400 && status < 500;

/** The most records with one key in any window. */
function busiest(
  records: readonly LogRecord[],
  keyOf: (body: EntryBody) => string | undefined,
  windowMs: number,
): number {
  const times = new Map<string, number[]>();
  let most = 0;
  for (const record of records) {
    const key = keyOf(bodyOf(record));
    if (key === undefined) continue;
    const recent = (times.get(key) ?? []).filter((at) => at > record.createdAt - windowMs);
    recent.push(record.createdAt);
    times.set(key, recent);
    most = Math.max(most, recent.length);
  }
  return most;
}

const failuresByActor = (all: readonly LogRecord[]) =>
  busiest(all, (b) => (is4xx(b) ? b.actor?.id : undefined), 5 * MINUTE_MS);
const failuresByAddress = (all: readonly LogRecord[]) =>
  busiest(all, (b) => (is4xx(b) ? b.client_ip : undefined), 5 * MINUTE_MS);
const deletionsByActor = (all: readonly LogRecord[]) =>
  busiest(all, (b) => (b.method === 'DELETE' ? b.actor?.id : undefined), 10 * MINUTE_MS);
const keyDeletions = (all: readonly LogRecord[]) =>
  all.map(bodyOf).filter((b) => b.method === 'DELETE' && b.path.startsWith('/v1/api_keys'));
const keysByKeys = (all: readonly LogRecord[]) =>
  all
    .map(bodyOf)
    .filter((b) => b.method === 'POST' && b.path.startsWith('/v1/api_keys') && b.actor?.type === 'api_key');
const kubeconfigs = (all: readonly LogRecord[]) => all.map(bodyOf).filter((b) => b.path.endsWith('/kubeconfig'));

describe('ordinary traffic', () => {
  const day = generate({ seed: 1, from: WEDNESDAY, to: WEDNESDAY + DAY_MS, entriesPerDay: 20_000 });

  it('is the same for the same seed, and another for another', () => {
    const options = { from: WEDNESDAY, to: WEDNESDAY + DAY_MS, entriesPerDay: 2000 };
    expect(generate({ seed: 5, ...options })).toEqual(generate({ seed: 5, ...options }));
    expect(generate({ seed: 5, ...options })).not.toEqual(generate({ seed: 6, ...options }));
  });

  it('has about the requested number of entries, in order, within its time, with unique ids', () => {
    expect(day.length).toBeGreaterThan(19_000);
    expect(day.length).toBeLessThan(21_000);
    expect(new Set(day.map((record) => bodyOf(record).id)).size).toBe(day.length);
    for (const [i, record] of day.entries()) {
      expect(record.createdAt >= (day[i - 1]?.createdAt ?? WEDNESDAY) && record.createdAt < WEDNESDAY + DAY_MS).toBe(
        true,
      );
    }
  });

  it('writes its created_at', () => {
    const seconds = generate({
      seed: 2,
      from: WEDNESDAY,
      to: WEDNESDAY + DAY_MS,
      entriesPerDay: 500,
      precision: 'seconds',
    });
    expect(bodyOf(seconds[0] as LogRecord).created_at).toMatch(/T\d\d:\d\d:\d\dZ$/);
    expect(bodyOf(day[0] as LogRecord).created_at).toMatch(/T\d\d:\d\d:\d\d\.\d{6}Z$/);
    for (const record of [...seconds, ...day.slice(0, 2000)]) {
      expect(readPrecisely(bodyOf(record).created_at)).toBe(record.createdAt);
      expect(bodyOf(record).id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('follows working hours, or is flat on request', () => {
    const inHours = (all: readonly LogRecord[], from: number, to: number): number =>
      all.filter(({ createdAt }) => new Date(createdAt).getUTCHours() >= from && new Date(createdAt).getUTCHours() < to)
        .length;
    expect(inHours(day, 9, 12)).toBeGreaterThan(2 * inHours(day, 21, 24));
    const flat = createOrganization(1).between(WEDNESDAY, WEDNESDAY + DAY_MS, {
      entriesPerDay: 20_000,
      rhythm: 'flat',
    });
    expect(Math.abs(inHours(flat, 9, 12) - inHours(flat, 21, 24))).toBeLessThan(250);
  });

  it('has people and keys, reads and writes, successes and failures', () => {
    const bodies = day.map(bodyOf);
    const share = (test: (body: EntryBody) => boolean): number => bodies.filter(test).length / bodies.length;
    expect(share((b) => b.actor?.type === 'user')).toBeGreaterThan(0.2);
    expect(share((b) => b.actor?.type === 'api_key')).toBeGreaterThan(0.2);
    expect(share((b) => b.method !== 'GET')).toBeGreaterThan(0.05);
    expect(share(is4xx)).toBeGreaterThan(0.005);
    expect(share(is4xx)).toBeLessThan(0.02);
    expect(new Set(bodies.map((b) => b.action)).size).toBeGreaterThan(30);
  });

  const days = [1, 2, 3, 4].map((seed) => ({ seed, entriesPerDay: 20_000, rhythm: 'office' as const }));
  const rows = [
    ...days,
    { seed: 8, entriesPerDay: 400_000, rhythm: 'office' as const },
    { seed: 9, entriesPerDay: 864_000, rhythm: 'flat' as const },
  ];
  it.each(rows)('matches no rule: seed $seed, $entriesPerDay a day, $rhythm', ({ seed, entriesPerDay, rhythm }) => {
    const length = DAY_MS * Math.min(1, 60_000 / entriesPerDay);
    const from = WEDNESDAY + 9 * 3_600_000;
    const all = createOrganization(seed).between(from, from + length, { entriesPerDay, rhythm });
    expect(all.length).toBeGreaterThan(15_000);
    expect(keyDeletions(all)).toEqual([]);
    expect(keysByKeys(all)).toEqual([]);
    expect(kubeconfigs(all)).toEqual([]);
    expect(failuresByActor(all)).toBeLessThan(10);
    expect(failuresByAddress(all)).toBeLessThan(10);
    expect(deletionsByActor(all)).toBeLessThan(5);
  });
});

describe('the scenarios', () => {
  const play = (name: keyof typeof SCENARIOS, seed = 1): LogRecord[] =>
    SCENARIOS[name](WEDNESDAY, createRandom(seed), 10_000);

  it.each(SCENARIO_NAMES)('%s: the same for the same seed, in order, within its time', (name) => {
    expect(play(name)).toEqual(play(name));
    expect(play(name)).not.toEqual(play(name, 2));
    const times = play(name).map(({ createdAt }) => createdAt);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(WEDNESDAY);
    expect(times.at(-1)).toBeLessThan(WEDNESDAY + 10_000);
  });

  it('an API key is deleted, once', () => {
    const all = play('api key deleted');
    expect(keyDeletions(all)).toHaveLength(1);
    expect([failuresByAddress(all), keysByKeys(all).length, kubeconfigs(all).length]).toEqual([0, 0, 0]);
  });

  it('a burst of 4xx comes from one address, and no actor causes enough of it', () => {
    for (let seed = 0; seed < 20; seed++) {
      const all = play('burst of 4xx', seed);
      expect(failuresByAddress(all)).toBeGreaterThanOrEqual(20);
      expect(failuresByActor(all)).toBeLessThan(20);
      expect(all.some((record) => bodyOf(record).actor === null)).toBe(true);
    }
  });

  it('a stolen key is created by a key, fails, reads a kubeconfig and deletes', () => {
    const all = play('stolen key');
    expect(keysByKeys(all)).toHaveLength(1);
    expect(failuresByActor(all)).toBeGreaterThanOrEqual(20);
    expect(kubeconfigs(all)).toHaveLength(1);
    expect(deletionsByActor(all)).toBeGreaterThanOrEqual(10);
    expect(keyDeletions(all)).toEqual([]);
  });
});
