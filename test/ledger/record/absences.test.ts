/** `absence` through the whole ledger: by the watermark, once, after restarts and deploys, and what it costs. */
import { describe, expect, it } from 'vitest';
import { ABSENCES_MAX } from '../../../src/ledger/record/absences.ts';
import { compile, type Rule } from '../../../src/sigma/index.ts';
import { absence } from '../../support/rules.ts';
import { ALLOWED_LATENESS, createScene, entry, HOUR, MINUTE, NOON, onAction, type Scene } from '../scene.ts';

const BACKUP = onAction('backup');
const RULES = absence('no backup', BACKUP, { timespanMs: 40 * MINUTE, groupBy: ['actor.id'], level: 'high' });

let number = 0;
const backup = (minute: number, actor = 'ci') =>
  entry(`e${number++}`, NOON + minute * MINUTE, { action: 'backup', actor: { id: actor } });

/** Reads to the end: what is before this minute is complete. */
function completeTo(scene: Scene, minute: number, entries: readonly ReturnType<typeof backup>[] = []) {
  return scene.record(entries, { now: NOON + minute * MINUTE + ALLOWED_LATENESS });
}

const alerts = ({ store }: Scene) =>
  store
    .all<{ key: string; count: number; last_at: number }>('SELECT key, count, last_at FROM alerts ORDER BY id')
    .map((row) => [row.key, row.count, (row.last_at - NOON) / MINUTE]);
const CI = '{"actor.id":"ci"}';

describe('an absence', () => {
  it('is an alert when the watermark has passed it, with the last entry, once', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-50), backup(-20)]);
    completeTo(scene, 20);
    expect(alerts(scene)).toEqual([]);
    const done = completeTo(scene, 20.1);
    expect(done.opened).toMatchObject([{ rule: 'no backup', title: 'no backup', level: 'high' }]);
    for (const minute of [21, 30, 200]) completeTo(scene.reopened(), minute);
    expect(alerts(scene)).toEqual([[CI, 1, 20]]);
    const [message] = scene.makeDue(NOON + HOUR);
    expect(message).toMatchObject({
      kind: 'opened',
      alert: { ruleId: 'no backup', count: 1 },
      entry: { id: 'e1', createdAt: NOON - 20 * MINUTE },
      window: { type: 'absence', value: NOON - 20 * MINUTE, condition: 'expected within 40 minutes', first: [] },
    });
    expect(scene.store.all('SELECT number FROM matches')).toEqual([
      { number: 'no entry in 40 minutes; the last was at 2026-01-05 11:40:00 UTC' },
    ]);
    expect(scene.store.all('SELECT act, who, detail, seq FROM acts')).toEqual([
      { act: 'absent', who: 'tocsin', detail: `{"at":${NOON + 20 * MINUTE}}`, seq: 2 },
    ]);
  });

  it('is by the watermark, not by the clock: while nothing is read, nothing is missed', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    scene.ledger.watchdog(NOON + 10 * HOUR);
    scene.record([], { now: NOON + 10 * HOUR, ends: false });
    expect(alerts(scene)).toEqual([]);
    // What came meanwhile is recorded before the watermark moves.
    completeTo(scene, 60, [backup(19), backup(58)]);
    expect(alerts(scene)).toEqual([]);
    completeTo(scene, 99);
    expect(alerts(scene)).toEqual([[CI, 1, 98]]);
  });

  it('begins again with the next entry', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    completeTo(scene, 30);
    completeTo(scene, 40, [backup(35)]);
    completeTo(scene, 74);
    expect(alerts(scene)).toEqual([[CI, 1, 20]]);
    completeTo(scene, 76);
    expect(alerts(scene)).toEqual([[CI, 2, 75]]);
  });

  it('is noticed, too, when an entry has come before it could be', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    completeTo(scene, 60, [backup(50)]);
    expect(alerts(scene)).toEqual([[CI, 1, 20]]);
  });

  it('is not raised if an entry that was in time comes late', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    scene.record([backup(23)], { now: NOON + 24 * MINUTE });
    completeTo(scene, 25, [backup(20)]);
    expect(alerts(scene)).toEqual([]);
  });

  it('is of each group by itself, and of none that never came', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20, 'ci'), backup(-10, 'cd'), entry('x', NOON - MINUTE, { actor: { id: 'ada' } })]);
    completeTo(scene, 25);
    completeTo(scene, 35);
    expect(alerts(scene)).toEqual([
      [CI, 1, 20],
      ['{"actor.id":"cd"}', 1, 30],
    ]);
  });

  it('of the history that the first start reads, nobody is notified, and only what is absent then is an alert', () => {
    const scene = createScene(RULES);
    scene.record([backup(-59), backup(-10)], { suppressBefore: NOON, now: NOON + ALLOWED_LATENESS });
    expect(alerts(scene)).toEqual([[CI, 1, -19]]);
    const silent = createScene(RULES);
    silent.store.run("UPDATE state SET value = json_set(value, '$.checkpoint.suppressBefore', ?)", NOON);
    silent.reopened().record([backup(-59), backup(-10)], { suppressBefore: NOON, now: NOON + ALLOWED_LATENESS });
    expect(alerts(silent)).toEqual([]);
    completeTo(silent.reopened(), 31);
    expect(alerts(silent)).toEqual([[CI, 1, 30]]);
  });

  it('waits for the gap to be read', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    completeTo(scene, 15, [backup(-19)]);
    scene.store.run(
      "UPDATE state SET value = json_set(value, '$.checkpoint.gap', json_object('from', ?, 'to', ?, 'scansLeft', 9))",
      NOON + 10 * MINUTE,
      NOON + 50 * MINUTE,
    );
    const after = scene.reopened();
    completeTo(after, 60);
    expect(alerts(after)).toEqual([]);
  });
});

describe('absences', () => {
  it('are found again after a commit that failed', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    scene.failNext('INTO acts');
    expect(() => completeTo(scene, 30)).toThrow('full');
    expect(alerts(scene)).toEqual([]);
    completeTo(scene, 31);
    expect(alerts(scene)).toEqual([[CI, 1, 20]]);
  });

  it('of more groups than one commit takes come with the next ones', () => {
    const scene = createScene(RULES);
    const all = Array.from({ length: ABSENCES_MAX + 30 }, (_, i) => backup(-20, `ci-${i}`));
    completeTo(scene, 0, all);
    completeTo(scene, 30);
    expect(scene.count('alerts')).toBe(ABSENCES_MAX);
    completeTo(scene, 30.5);
    completeTo(scene, 31);
    expect(scene.count('alerts')).toBe(ABSENCES_MAX + 30);
  });

  it('cost a quiet tick nothing: no row is written, and no group read', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    completeTo(scene, 1);
    let read = 0;
    const { all } = scene.store;
    Object.assign(scene.store, {
      all: (sql: string, ...binds: never[]) => {
        if (sql.includes('FROM windows')) read++;
        return all(sql, ...binds);
      },
    });
    expect(scene.written(() => completeTo(scene, 2))).toBe(0);
    for (let minute = 3; minute < 20; minute++) completeTo(scene, minute);
    expect(read).toBe(0);
    completeTo(scene, 21);
    expect(alerts(scene)).toEqual([[CI, 1, 20]]);
    read = 0;
    for (let minute = 22; minute < 60; minute++) completeTo(scene, minute);
    expect(read).toBe(1);
  });

  it('are alerts where the last entry was evicted', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    scene.store.run('DELETE FROM entries');
    completeTo(scene, 30);
    expect(alerts(scene)).toEqual([[CI, 1, 20]]);
    expect(scene.makeDue(NOON + HOUR)[0]).toMatchObject({
      entry: { id: '' },
      alert: { key: [{ field: 'actor.id', value: 'ci' }] },
    });
  });

  it('are silenced by actor, and wait for the end of the silence', () => {
    const scene = createScene(RULES);
    const silence = { matchers: { actor: 'ci' }, endsAt: NOON + HOUR, comment: 'it is switched off' };
    scene.ledger.silence({ silence: JSON.stringify(silence), who: 'ada', via: 'cli' }, NOON);
    completeTo(scene, 0, [backup(-20)]);
    completeTo(scene, 30);
    expect(scene.store.all("SELECT decision ->> '$[0].reason' AS reason FROM matches")).toEqual([
      { reason: 'silenced' },
    ]);
  });
});

describe('a rule that is deployed later', () => {
  const deployed = (scene: Scene, rules: readonly Rule[], minute: number) => {
    const after = scene.reopened({ engine: compile({ version: 'two', rules }) });
    after.ledger.runPass(NOON + minute * MINUTE);
    return after;
  };

  it('misses what has not come since, and nothing of before', () => {
    const scene = createScene([BACKUP]);
    completeTo(scene, 0, [backup(-59), backup(-58, 'old'), backup(-15)]);
    const after = deployed(scene, [BACKUP, ...RULES], 6);
    completeTo(after, 7);
    expect(after.count('alerts', "rule = 'no backup'")).toBe(0);
    completeTo(after.reopened(), 26);
    expect(after.store.all("SELECT key, last_at - ? AS at FROM alerts WHERE rule = 'no backup'", NOON)).toEqual([
      { key: CI, at: 25 * MINUTE },
    ]);
  });

  it('waits as long as it says now', () => {
    const scene = createScene(RULES);
    completeTo(scene, 0, [backup(-20)]);
    const other = absence('no backup', BACKUP, { timespanMs: 30 * MINUTE, groupBy: ['actor.id'], level: 'high' });
    const after = deployed(scene, other, 5);
    completeTo(after, 11);
    expect(alerts(after)).toEqual([[CI, 1, 10]]);
    completeTo(after, 100);
    expect(alerts(after)).toEqual([[CI, 1, 10]]);
  });
});
