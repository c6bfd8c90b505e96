/** Backfills: what a rule that is new, or has changed, would have matched in what is recorded. */
import { describe, expect, it } from 'vitest';
import { lastPasses } from '../../../src/ledger/store/passes.ts';
import { readState } from '../../../src/ledger/store/state.ts';
import { type CorrelationRule, compile, type Rule } from '../../../src/sigma/index.ts';
import { firstSeen } from '../../support/rules.ts';
import { counting, createScene, DAY, deleted, HOUR, MINUTE, NOON, onAction, type Scene, SECOND } from '../scene.ts';

const READ = onAction('vm.read', { alerts: false });
const FED = onAction('vm.deleted', { alerts: false });
const DELETED = onAction('vm.deleted');
const counted = (least: number, more: Partial<CorrelationRule> = {}) => counting('vm.deleted', least, more);

let version = 0;
const deployed = (scene: Scene, ...rules: readonly Rule[]): Scene =>
  scene.reopened({ engine: compile({ version: `${++version}`, rules }) });

const LATER = NOON + DAY;
/** Ten deletions, an hour apart, by alice. */
function recorded(rules: readonly Rule[] = [READ], stepEntries = 4): Scene {
  const scene = createScene(rules, { stepEntries });
  for (let hour = 0; hour < 10; hour++) {
    const at = NOON + hour * HOUR;
    scene.record([deleted(`a${hour}`, at)], { began: at, now: at });
  }
  return scene;
}
const begin = ({ ledger }: Scene, rule: string, since: number, notify = false) =>
  ledger.backfill({ rule, since, notify, who: 'ada' }, LATER);
function finish({ ledger, store }: Scene): void {
  for (let steps = 0; (readState(store)?.evaluated?.passes.length ?? 0) > 0; steps++) {
    if (steps > 1_000) throw new Error('the passes do not end');
    ledger.runPass(LATER);
  }
}
const passes = ({ store }: Scene) => lastPasses(store, 100).toReversed();
const alerts = ({ store }: Scene) =>
  store.all('SELECT rule, count, first_seq AS first, last_seq AS last, backfilled FROM alerts ORDER BY id');
const reasons = ({ store }: Scene) =>
  store
    .all<{ decision: string }>('SELECT decision FROM matches WHERE decision IS NOT NULL ORDER BY alert, seq')
    .flatMap(({ decision }) => JSON.parse(decision) as { reason: string }[])
    .map(({ reason }) => reason);
const matched = ({ store }: Scene) =>
  store.all<{ seq: number }>('SELECT seq FROM matches WHERE decision IS NOT NULL ORDER BY seq').map(({ seq }) => seq);

describe('a detection', () => {
  it('its matches become alerts marked as backfilled, and nobody is notified', () => {
    const scene = deployed(recorded(), DELETED);
    expect(begin(scene, 'vm.deleted', NOON + 3 * HOUR)).toMatchObject({
      kind: 'begun',
      passes: [{ kind: 'backfill', state: 'running', percent: 0, rules: [{ title: 'Seen: vm.deleted' }] }],
      nothing: [],
    });
    finish(scene);
    expect(alerts(scene)).toEqual([{ rule: 'vm.deleted', count: 7, first: 4, last: 10, backfilled: 1 }]);
    expect(new Set(reasons(scene))).toEqual(new Set(['backfilled']));
    expect(scene.notifications()).toEqual([]);
    expect(passes(scene)).toMatchObject([
      { outcome: 'done', from: 3, position: 10, entries: 7, matches: 7, opened: 1, problem: null },
    ]);
    expect(scene.store.all("SELECT matched FROM activity WHERE rule = 'vm.deleted'")).toEqual([{ matched: 7 }]);
  });

  it('with notify, people are notified, and the alert is marked all the same', () => {
    const scene = deployed(recorded(), DELETED);
    begin(scene, 'vm.deleted', NOON, true);
    finish(scene);
    expect(alerts(scene)).toMatchObject([{ count: 10, backfilled: 1 }]);
    expect(reasons(scene)).toContain('first match');
    expect(scene.makeDue(LATER + HOUR)).not.toEqual([]);
  });

  it('again, it finds nothing new; further back, only what is older', () => {
    const scene = deployed(recorded(), DELETED);
    begin(scene, 'vm.deleted', NOON + 5 * HOUR);
    finish(scene);
    expect(begin(scene, 'vm.deleted', NOON + 5 * HOUR)).toMatchObject({
      passes: [],
      nothing: [{ rule: 'vm.deleted' }],
    });
    begin(scene, 'vm.deleted', NOON);
    finish(scene);
    expect(alerts(scene)).toMatchObject([{ count: 10 }]);
    expect(matched(scene)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(begin(scene, 'vm.deleted', NOON - DAY)).toMatchObject({ nothing: [{ rule: 'vm.deleted' }] });
  });

  it('what it has matched as it came is not matched again', () => {
    const scene = deployed(recorded(), DELETED);
    const at = NOON + 10 * HOUR;
    scene.record([deleted('b', at)], { began: at, now: at });
    expect(alerts(scene)).toEqual([{ rule: 'vm.deleted', count: 1, first: 11, last: 11, backfilled: 0 }]);
    begin(scene, 'vm.deleted', NOON);
    finish(scene);
    expect(alerts(scene)).toEqual([{ rule: 'vm.deleted', count: 11, first: 11, last: 11, backfilled: 0 }]);
    expect(scene.store.all('SELECT begins FROM alerts')).toEqual([{ begins: NOON }]);
    // In a ledger that has had the rule from the beginning, there is nothing to do.
    const other = recorded([DELETED]);
    expect(begin(other, 'vm.deleted', NOON)).toMatchObject({ passes: [], nothing: [{ rule: 'vm.deleted' }] });
  });

  it('one that meant something else before counts an entry once in an alert', () => {
    const everything = { ...DELETED, expression: { kind: 'and', of: [] } } as const;
    const scene = deployed(recorded([DELETED]), everything);
    begin(scene, 'vm.deleted', NOON);
    finish(scene);
    expect(alerts(scene)).toMatchObject([{ count: 10, backfilled: 0 }]);
    expect(passes(scene)).toMatchObject([{ matches: 0, opened: 0, outcome: 'done' }]);
  });

  it('one that opened no alerts before has matched nothing', () => {
    const scene = deployed(recorded([FED]), DELETED);
    begin(scene, 'vm.deleted', NOON);
    finish(scene);
    expect(alerts(scene)).toMatchObject([{ count: 10, backfilled: 1 }]);
  });
});

describe('a correlation', () => {
  const RULE = counted(3, { timespanMs: 150 * MINUTE });

  it('its windows are those that the past had, from before the time that is asked for', () => {
    const scene = deployed(recorded([FED]), FED, RULE);
    begin(scene, 'many vm.deleted', NOON + 5 * HOUR);
    finish(scene);
    expect(alerts(scene)).toEqual([{ rule: 'many vm.deleted', count: 5, first: 6, last: 10, backfilled: 1 }]);
    expect(matched(scene)).toEqual([6, 7, 8, 9, 10]);
    expect(passes(scene).at(-1)).toMatchObject({ from: 3, position: 10 });
  });

  it('the watch goes on with it, and its windows are as they were', () => {
    const scene = deployed(recorded([FED]), FED, RULE);
    const windows = () => scene.store.all("SELECT * FROM windows WHERE rule = 'many vm.deleted'");
    const before = windows();
    begin(scene, 'many vm.deleted', NOON);
    scene.ledger.runPass(LATER);
    const at = NOON + 10 * HOUR;
    scene.record([deleted('b', at)], { began: at, now: at });
    expect(scene.count('matches', 'seq = 11 AND decision IS NOT NULL')).toBe(1);
    finish(scene);
    expect(alerts(scene)).toMatchObject([{ count: 9, backfilled: 0 }]);
    expect(windows().length).toBe(before.length);
    expect(scene.store.all('SELECT DISTINCT rule FROM windows')).toEqual([{ rule: 'many vm.deleted' }]);
    expect(Object.keys(readState(scene.store)?.groups ?? {})).toEqual(['many vm.deleted']);
  });

  it('of what was first seen knows what came before', () => {
    const from = (id: string, at: number, ip: string) => deleted(id, at, 'alice', { client_ip: ip });
    const scene = createScene([READ]);
    ['1', '1', '1', '2', '1', '2'].forEach((ip, hour) => {
      const at = NOON + hour * HOUR;
      scene.record([from(`a${hour}`, at, `192.0.2.${ip}`)], { began: at, now: at });
    });
    const after = deployed(
      scene,
      ...firstSeen('new address', DELETED, { groupBy: ['actor.id'], learnMs: HOUR, timespanMs: DAY }),
    );
    begin(after, 'new address', NOON + 2 * HOUR);
    finish(after);
    expect(alerts(after)).toMatchObject([{ rule: 'new address', first: 4, count: 1, backfilled: 1 }]);
  });
});

describe('is refused', () => {
  const scene = deployed(recorded(), FED, counted(2));
  it.each([
    ['of a rule that is not there', 'nothing like it', 'no rule has this id, name, title or file'],
    ['of one that opens no alerts', 'vm.deleted', 'the rule opens no alerts: only correlations count its matches'],
  ])('%s', (_, rule, problem) => {
    expect(begin(scene, rule, NOON)).toEqual({ kind: 'refused', problem });
  });

  it('while one of the rule is under way', () => {
    const twice = deployed(recorded(), DELETED);
    begin(twice, 'vm.deleted', NOON + HOUR);
    expect(begin(twice, 'vm.deleted', NOON)).toEqual({
      kind: 'refused',
      problem: '“Seen: vm.deleted” is being backfilled already: wait for it, or cancel it',
    });
  });

  it('before the ledger has begun to read', () => {
    const { ledger, store } = createScene();
    store.run('DELETE FROM state');
    expect(ledger.backfill({ rule: 'x', since: NOON, notify: false, who: 'ada' }, NOON)).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('ends', () => {
  it('where it is cancelled: its alerts stay, and it may begin again', () => {
    const scene = deployed(recorded(), FED, counted(2, { timespanMs: 90 * MINUTE }));
    begin(scene, 'many vm.deleted', NOON);
    const id = passes(scene).at(-1)?.id ?? 0;
    scene.ledger.runPass(LATER);
    expect(alerts(scene)).toMatchObject([{ count: 3 }]);
    expect(scene.ledger.cancelBackfill(id, LATER)).toMatchObject({ id, state: 'cancelled', opened: 1 });
    expect(scene.ledger.cancelBackfill(id, LATER)).toBeNull();
    finish(scene);
    expect(scene.store.all('SELECT DISTINCT rule FROM windows')).toEqual([{ rule: 'many vm.deleted' }]);
    expect(alerts(scene)).toMatchObject([{ count: 3 }]);
    begin(scene, 'many vm.deleted', NOON);
    finish(scene);
    expect(alerts(scene)).toMatchObject([{ count: 9 }]);
    expect(matched(scene)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('no rebuilding can be cancelled', () => {
    const scene = deployed(recorded([FED]), FED, counted(2, { timespanMs: DAY }));
    expect(passes(scene)).toMatchObject([{ backfill: null, state: 'running' }]);
    expect(scene.ledger.cancelBackfill(1, LATER)).toBeNull();
    expect(scene.ledger.cancelBackfill(99, LATER)).toBeNull();
  });

  it('where the rule changes meanwhile', () => {
    const scene = deployed(recorded(), DELETED);
    begin(scene, 'vm.deleted', NOON);
    const after = deployed(scene, { ...DELETED, expression: { kind: 'and', of: [] } });
    finish(after);
    expect(passes(after)).toMatchObject([{ outcome: 'stopped', problem: 'the rule was changed or removed meanwhile' }]);
  });

  it('where it opens more alerts than a rule should', () => {
    const scene = createScene([READ]);
    for (let page = 0; page < 12; page++) {
      const of = Array.from({ length: 100 }, (_, i) =>
        deleted(`${page}.${i}`, NOON + page * SECOND, `actor ${page}.${i}`),
      );
      scene.record(of, { began: NOON + MINUTE });
    }
    const after = deployed(scene, DELETED);
    begin(after, 'vm.deleted', NOON);
    finish(after);
    expect(passes(after)).toMatchObject([
      { outcome: 'stopped', opened: 1_000, problem: expect.stringContaining('1000 alerts') },
    ]);
  });
});

it('a backfill waits for rules that are being rebuilt', () => {
  const scene = deployed(recorded([FED]), DELETED, counted(2, { timespanMs: DAY }));
  begin(scene, 'vm.deleted', NOON);
  scene.ledger.runPass(LATER);
  expect(passes(scene)).toMatchObject([{ position: 8 }, { position: 0 }]);
  expect(scene.ledger.passes(LATER)).toMatchObject([
    { kind: 'backfill', percent: 0, backfill: { who: 'ada', notify: false, since: NOON } },
    { kind: 'rebuild', percent: 80 },
  ]);
  finish(scene);
  expect(passes(scene).map(({ outcome }) => outcome)).toEqual(['done', 'done']);
});

it('a match with many before it is not counted again, though not all of them are kept', () => {
  const scene = createScene([DELETED], { stepEntries: 50 });
  for (let page = 0; page < 3; page++) {
    const of = Array.from({ length: 50 }, (_, i) => deleted(`${page}.${i}`, NOON + (page * 50 + i) * SECOND));
    scene.record(of, { began: NOON + HOUR });
  }
  expect(alerts(scene)).toMatchObject([{ count: 150 }]);
  const after = deployed(scene, { ...DELETED, expression: { kind: 'and', of: [] } });
  begin(after, 'vm.deleted', NOON);
  finish(after);
  expect(alerts(after)).toMatchObject([{ count: 150 }]);
});
