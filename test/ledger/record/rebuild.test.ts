/** Rules that change: their windows are built again from what is recorded, while the watch goes on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageMeter } from '../../../src/ledger/health/usage-meter.ts';
import type { LedgerOptions } from '../../../src/ledger/record/context.ts';
import type { Incoming } from '../../../src/ledger/rpc.ts';
import { lastPasses } from '../../../src/ledger/store/passes.ts';
import { readState, writeState } from '../../../src/ledger/store/state.ts';
import type { Store } from '../../../src/ledger/store/store.ts';
import { parseRules } from '../../../src/sigma/build.ts';
import { type CorrelationRule, compile, type Rule } from '../../../src/sigma/index.ts';
import { firstSeen } from '../../support/rules.ts';
import {
  counting,
  createScene,
  DAY,
  deleted,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  type Scene,
  SECOND,
} from '../scene.ts';

const FED = onAction('vm.deleted', { alerts: false });
const counted = (least: number, more: Partial<CorrelationRule> = {}) => counting('vm.deleted', least, more);

let version = 0;
/** The ledger after a deploy of these rules. */
function deployed(scene: Scene, rules: readonly Rule[], more: Partial<LedgerOptions> = {}): Scene {
  return scene.reopened({ engine: compile({ version: `${++version}`, rules }), ...more });
}

const passes = ({ store }: Scene) => lastPasses(store, 100).toReversed();
const unfinished = ({ store }: Scene) => readState(store)?.evaluated?.passes ?? [];
const alerts = ({ store }: Scene) =>
  store.all('SELECT rule, count, first_seq AS first, backfilled FROM alerts ORDER BY id');
const decisions = ({ store }: Scene) =>
  store
    .all<{ decision: string }>('SELECT decision FROM matches WHERE decision IS NOT NULL ORDER BY alert, seq')
    .flatMap(({ decision }) => JSON.parse(decision) as { reason: string }[])
    .map(({ reason }) => reason);

/** Lets the alarm do what is left of the passes. */
function finish({ ledger, store }: Scene, now = NOON): void {
  for (let steps = 0; (readState(store)?.evaluated?.passes.length ?? 0) > 0; steps++) {
    if (steps > 1_000) throw new Error('the passes do not end');
    // What has failed is tried again later.
    ledger.runPass(now + steps * 10 * MINUTE);
  }
}

/** The windows that count, without what they were built by. */
function windowsOf({ store }: Scene): unknown[] {
  const rules = readState(store)?.evaluated?.rules ?? {};
  const rows = store.all<{ rule: string; key: string; newest: number; fingerprint: string; text: string }>(
    'SELECT * FROM windows ORDER BY rule, key',
  );
  return rows
    .filter(({ rule, fingerprint }) => fingerprint === `${rules[rule]?.meaning}.${rules[rule]?.pass}`)
    .map(({ rule, key, newest, text }) => ({ rule, key, newest, text }));
}

const burst = (count: number, from: number, prefix: string, stepMs = 9 * SECOND) =>
  Array.from({ length: count }, (_, i) => deleted(`${prefix}${i}`, from + i * stepMs));

describe('the example: 19 refusals, a harmless exclusion is deployed, 19 more', () => {
  const text = (more: string) => `
title: A refusal
name: refused
level: low
status: stable
logsource: {product: nirvana, service: audit}
detection:
  selection: {status_code: 403}${more}
---
title: Many refusals
id: many
level: high
status: stable
correlation:
  type: event_count
  rules: [refused]
  group-by: [actor.id]
  timespan: 5m
  condition: {gte: 20}
`;
  const plain = text('\n  condition: selection');
  const filter = `
title: Not the health check
logsource: {product: nirvana, service: audit}
filter:
  rules: [refused]
  selection: {path: /healthz}
  condition: not selection
`;
  const parsed = (...texts: readonly string[]) => {
    const { ruleSet, problems } = parseRules(texts.map((each, i) => ({ path: `${i}.yml`, text: each })));
    if (ruleSet === null) throw new Error(JSON.stringify(problems));
    return ruleSet;
  };
  const refusals = (count: number, from: number, prefix: string) =>
    Array.from({ length: count }, (_, i) =>
      entry(`${prefix}${i}`, from + i * 4 * SECOND, { status_code: 403, path: '/v1/vms' }),
    );
  const CHANGES: readonly (readonly [what: string, texts: readonly string[]])[] = [
    ['an exclusion in the detection', [text('\n  own: {path: /healthz}\n  condition: selection and not own')]],
    ['a filter in a file of its own', [plain, filter]],
    ['a lower threshold', [plain.replace('gte: 20', 'gte: 18')]],
    ['a longer timespan', [plain.replace('5m', '10m')]],
    ['another group', [plain.replace('[actor.id]', '[path]')]],
    ['another field', [plain.replace('event_count', 'value_count').replace('{gte: 20}', '{field: id, gte: 20}')]],
  ];

  it.each(CHANGES)('it alerts, with %s', (_, texts) => {
    const scene = createScene([], { engine: compile(parsed(plain)) });
    scene.record(refusals(19, NOON, 'a'), { began: NOON + 2 * MINUTE });
    expect(scene.count('alerts')).toBe(0);
    const after = scene.reopened({ engine: compile(parsed(...texts)) });
    after.record(refusals(19, NOON + 2 * MINUTE, 'b'), { began: NOON + 4 * MINUTE, now: NOON + 4 * MINUTE });
    expect(after.store.all('SELECT title, first_seq AS first, backfilled FROM alerts')).toEqual([
      { title: 'Many refusals', first: 20, backfilled: 0 },
    ]);
    expect(decisions(after)).toContain('first match');
    expect(windowsOf(after)).toEqual(windowsOf(fromTheBeginning(parsed(...texts).rules)));

    function fromTheBeginning(rules: readonly Rule[]): Scene {
      const other = createScene(rules);
      other.record(refusals(19, NOON, 'a'), { began: NOON + 2 * MINUTE });
      other.record(refusals(19, NOON + 2 * MINUTE, 'b'), { began: NOON + 4 * MINUTE, now: NOON + 4 * MINUTE });
      return other;
    }
  });

  it('what the exclusion excludes is in no window any more', () => {
    const scene = createScene([], { engine: compile(parsed(plain)) });
    const checks = refusals(19, NOON, 'a').map((each) => ({ ...each, text: each.text.replace('/v1/vms', '/healthz') }));
    scene.record(checks, { began: NOON + 2 * MINUTE });
    const after = scene.reopened({ engine: compile(parsed(plain, filter)) });
    after.record(refusals(19, NOON + 2 * MINUTE, 'b'), { began: NOON + 4 * MINUTE, now: NOON + 4 * MINUTE });
    expect(after.count('alerts')).toBe(0);
  });

  it('other words, levels, tags or dedup keys change nothing: no pass, and no row', () => {
    const scene = createScene([], { engine: compile(parsed(plain)) });
    scene.record(refusals(19, NOON, 'a'), { began: NOON + 2 * MINUTE });
    const before = scene.store.all('SELECT * FROM windows');
    const words = plain
      .replaceAll('efusal', 'ejection')
      .replace('level: high', 'level: critical')
      .replace(
        'status: stable\ncorrelation',
        'status: stable\ntags: [attack.impact]\ntocsin: {dedup: {by: [path]}}\ncorrelation',
      );
    const rows = scene.written(() => scene.reopened({ engine: compile(parsed(words)) }));
    expect(rows).toBe(0);
    expect(scene.store.all('SELECT * FROM windows')).toEqual(before);
    expect(passes(scene)).toEqual([]);
  });
});

describe('a rule that is new', () => {
  it('learns from what is recorded, and opens no alert for it', () => {
    const scene = createScene([FED]);
    scene.record(burst(5, NOON, 'a'), { began: NOON + MINUTE });
    const after = deployed(scene, [FED, counted(3)]);
    expect(after.count('alerts')).toBe(0);
    expect(after.store.all('SELECT * FROM activity WHERE rule = ?', 'many vm.deleted')).toEqual([]);
    after.record([deleted('b', NOON + 2 * MINUTE)], { began: NOON + 2 * MINUTE });
    expect(alerts(after)).toEqual([{ rule: 'many vm.deleted', count: 1, first: 6, backfilled: 0 }]);
  });

  it('knows what was seen before, where it alerts on what is new', () => {
    const from = (id: string, at: number, ip: string) => deleted(id, at, 'alice', { client_ip: ip });
    const seen = firstSeen('new address', onAction('vm.deleted'), {
      groupBy: ['actor.id'],
      learnMs: HOUR,
      timespanMs: DAY,
    });
    const scene = createScene([FED]);
    [0, 10, 18, 27, 28].forEach((hour, i) => {
      const at = NOON + hour * HOUR;
      scene.record([from(`a${i}`, at, `192.0.2.${i}`)], { began: at, now: at });
    });
    const after = deployed(scene, [FED, ...seen]);
    const now = NOON + 30 * HOUR;
    after.record([from('known', now, '192.0.2.1')], { began: now, now });
    expect(after.count('alerts')).toBe(0);
    // Longer ago than a day, and so forgotten.
    after.record([from('again', now, '192.0.2.0')], { began: now, now });
    after.record([from('new', now, '198.51.100.7')], { began: now, now });
    expect(alerts(after)).toEqual([{ rule: 'new address', count: 2, first: 7, backfilled: 0 }]);
  });

  it('reads no further back than its timespan, from what windows still wait for', () => {
    const scene = createScene([FED]);
    for (let hour = 0; hour < 10; hour++) {
      const at = NOON + hour * HOUR;
      scene.record([deleted(`a${hour}`, at)], { began: at, now: at });
    }
    const now = NOON + 9 * HOUR;
    const after = deployed(scene, [FED, counted(3, { timespanMs: 3 * HOUR })]);
    // The last batch waits for what is five minutes older.
    expect(passes(after)).toMatchObject([{ from: 6, position: 10, entries: 4, outcome: 'done' }]);
    after.record([deleted('b', now + MINUTE)], { began: now + MINUTE, now });
    expect(alerts(after)).toMatchObject([{ first: 11 }]);
  });

  it('has nothing to do in a ledger without entries', () => {
    const scene = deployed(createScene([FED]), [FED, counted(2)]);
    scene.record(burst(2, NOON, 'a'), { began: NOON + MINUTE });
    expect(passes(scene)).toEqual([]);
    expect(scene.count('alerts')).toBe(1);
  });
});

describe('a chain', () => {
  const burstRule = counted(2, { id: 'burst', alerts: false, timespanMs: 5 * MINUTE });
  const then = (least: number) =>
    counted(least, { id: 'then', rules: ['burst'], timespanMs: 20 * MINUTE, title: 'Bursts' });

  it('is built again where a rule below it has changed, whose matches are its events', () => {
    const scene = createScene([FED, counted(9, { id: 'burst', alerts: false, timespanMs: 5 * MINUTE }), then(3)]);
    scene.record(burst(3, NOON, 'a'), { began: NOON + MINUTE });
    const after = deployed(scene, [FED, burstRule, then(3)]);
    after.record(burst(1, NOON + MINUTE, 'b'), { began: NOON + MINUTE });
    expect(alerts(after)).toEqual([{ rule: 'then', count: 1, first: 4, backfilled: 0 }]);
  });

  it('leaves the windows of what did not change below it as they are, and keeps none of its own', () => {
    const scene = createScene([FED, burstRule, then(9)]);
    scene.record(burst(3, NOON, 'a'), { began: NOON + MINUTE });
    const of = (each: Scene) => each.store.all("SELECT * FROM windows WHERE rule = 'burst'");
    const before = of(scene);
    const after = deployed(scene, [FED, burstRule, then(3)]);
    finish(after);
    expect(of(after)).toEqual(before);
    expect(after.store.all('SELECT DISTINCT rule FROM windows ORDER BY rule')).toEqual([
      { rule: 'burst' },
      { rule: 'then' },
    ]);
    expect(Object.keys(readState(after.store)?.groups ?? {}).sort()).toEqual(['burst', 'then']);
    after.record(burst(1, NOON + MINUTE, 'b'), { began: NOON + MINUTE });
    expect(alerts(after)).toMatchObject([{ rule: 'then', first: 4 }]);
  });

  it('waits for a rule below it that is still behind', () => {
    const scene = createScene([FED, burstRule, then(3)], { stepEntries: 4 });
    for (let i = 0; i < 40; i++) scene.record([deleted(`a${i}`, NOON + i * MINUTE)], { began: NOON + i * MINUTE });
    const longer = { ...burstRule, timespanMs: 30 * MINUTE };
    const first = deployed(scene, [FED, longer, then(3)], { stepEntries: 4 });
    const second = deployed(first, [FED, longer, then(2)], { stepEntries: 4 });
    const behind = (each: Scene) =>
      Object.entries(readState(each.store)?.evaluated?.rules ?? {}).flatMap(([id, { isBehind }]) =>
        isBehind ? [id] : [],
      );
    expect(behind(second)).toEqual(['burst', 'then']);
    for (let i = 0; i < 200 && behind(second).includes('then'); i++) {
      expect(behind(second)).toContain('then');
      second.ledger.runPass(NOON + HOUR);
    }
    expect(behind(second)).toEqual([]);
  });

  it('with a filter has windows of its own for what it counts below, which are built again with it', () => {
    const { expression } = onAction('vm.deleted');
    const filtered = (least: number): CorrelationRule => ({ ...then(least), filter: expression });
    const scene = createScene([FED, burstRule, filtered(9)]);
    scene.record(burst(3, NOON, 'a'), { began: NOON + MINUTE });
    const after = deployed(scene, [FED, burstRule, filtered(3)]);
    finish(after);
    after.record(burst(1, NOON + MINUTE, 'b'), { began: NOON + MINUTE });
    expect(alerts(after)).toMatchObject([{ rule: 'then', first: 4 }]);
  });
});

describe('while a pass is under way', () => {
  const other = counted(2, { id: 'other', title: 'Other' });
  const STEP = { stepEntries: 3 };
  /** Ten entries, of which a pass has seen three. */
  const begun = () => {
    const scene = createScene([FED, other], STEP);
    scene.record(burst(10, NOON, 'a'), { began: NOON + 2 * MINUTE });
    return deployed(scene, [FED, other, counted(12)], STEP);
  };
  const later = NOON + 2 * MINUTE;
  const next = (id: string, i = 0) => [deleted(id, later + i * SECOND)];

  it('the watch goes on: other rules alert at once, this one is late, and loses and doubles nothing', () => {
    const scene = begun();
    expect(unfinished(scene)).toEqual([1]);
    const before = scene.count('matches', 'decision IS NOT NULL');
    scene.record(next('b1'), { began: later, now: later });
    scene.record(next('b2', 1), { began: later, now: later });
    scene.record(next('b3', 2), { began: later, now: later });
    expect(scene.count('matches', 'decision IS NOT NULL') - before).toBe(3);
    expect(alerts(scene)).toMatchObject([{ rule: 'other' }]);
    finish(scene, later);
    expect(alerts(scene)).toMatchObject([
      { rule: 'other' },
      { rule: 'many vm.deleted', first: 12, count: 2, backfilled: 0 },
    ]);
    scene.record(next('b4', 3), { began: later, now: later });
    expect(alerts(scene)).toMatchObject([{ rule: 'other' }, { rule: 'many vm.deleted', first: 12, count: 3 }]);
    expect(scene.store.all("SELECT matched FROM activity WHERE rule = 'many vm.deleted'")).toEqual([{ matched: 3 }]);
  });

  it('the alarm is set for the next step, and for nothing of it when it is through', () => {
    const scene = begun();
    scene.send(later);
    scene.makeDue(later);
    scene.send(later);
    expect(scene.ledger.nextAlarmAt(later)).toBe(later);
    finish(scene, later);
    expect(scene.ledger.nextAlarmAt(later)).toBeGreaterThan(later);
  });

  it('what is recorded to be suppressed is suppressed', () => {
    const scene = begun();
    scene.record([...next('b1'), ...next('b2', 1)], { began: later, now: later, suppressBefore: later + HOUR });
    finish(scene, later);
    expect(alerts(scene)).toContainEqual({ rule: 'many vm.deleted', first: 12, count: 1, backfilled: 1 });
  });

  it('a revision counts once', () => {
    const scene = begun();
    scene.record([deleted('a3', NOON + 27 * SECOND, 'alice', { path: '/other' })], { began: later, now: later });
    scene.record(next('b1'), { began: later, now: later });
    finish(scene, later);
    expect(alerts(scene)).toMatchObject([{ rule: 'other' }]);
    scene.record(next('b2', 1), { began: later, now: later });
    expect(alerts(scene)).toMatchObject([{ rule: 'other' }, { rule: 'many vm.deleted', first: 13 }]);
  });

  it('a deploy of other rules that change again goes on from where the pass had come', () => {
    const scene = begun();
    scene.record([...next('b1'), ...next('b2', 1)], { began: later, now: later });
    // Through all but the last entry.
    while ((passes(scene)[0]?.position ?? 0) < 9) scene.ledger.runPass(later);
    expect(passes(scene)).toMatchObject([{ position: 9, outcome: null }]);
    const again = deployed(scene, [FED, other, counted(11)], STEP);
    finish(again, later);
    expect(passes(again)).toMatchObject([
      { outcome: 'stopped' },
      { outcome: 'done', rules: { 'many vm.deleted': 10 } },
    ]);
    expect(alerts(again)).toMatchObject([{ rule: 'other' }, { rule: 'many vm.deleted', first: 11, count: 2 }]);
  });

  it('a deploy in the middle of what it alerts on doubles no match', () => {
    const scene = begun();
    for (let i = 0; i < 6; i++) scene.record(next(`b${i}`, i), { began: later, now: later });
    // Up to 14 of 16.
    while ((passes(scene)[0]?.position ?? 0) < 13) scene.ledger.runPass(later);
    const at = passes(scene)[0]?.position ?? 0;
    const before = scene.store.all<{ count: number }>("SELECT count FROM alerts WHERE rule = 'many vm.deleted'")[0]
      ?.count;
    expect(before).toBe(at - 11);
    const again = deployed(scene, [FED, other, counted(11)], STEP);
    finish(again, later);
    expect(again.store.all("SELECT count FROM alerts WHERE rule = 'many vm.deleted'")).toEqual([{ count: 16 - 11 }]);
  });

  it('a deploy of what was before, a rollback, builds its windows again too', () => {
    const rules = (least: number) => [FED, counted(least)];
    const scene = createScene(rules(12), STEP);
    scene.record(burst(10, NOON, 'a'), { began: later });
    const changed = deployed(scene, rules(50), STEP);
    changed.record(next('b1'), { began: later, now: later });
    const back = deployed(changed, rules(12), STEP);
    expect(back.count('alerts')).toBe(0);
    finish(back, later);
    back.record(next('b2', 1), { began: later, now: later });
    expect(alerts(back)).toMatchObject([{ rule: 'many vm.deleted', first: 12 }]);
    expect(windowsOf(back)).toMatchObject([{ rule: 'many vm.deleted' }]);
  });

  it('a deploy without the rule ends its pass', () => {
    const scene = deployed(begun(), [FED, other], STEP);
    finish(scene, later);
    expect(passes(scene)).toMatchObject([{ outcome: 'stopped', state: 'over' }]);
  });

  it('entries that were evicted meanwhile are not missed', () => {
    const scene = begun();
    scene.store.run('DELETE FROM entries WHERE seq BETWEEN 2 AND 8');
    scene.store.run('DELETE FROM batches');
    scene.record(next('b1'), { began: later, now: later });
    finish(scene, later);
    expect(passes(scene)).toMatchObject([{ outcome: 'done', position: 11, entries: 6 }]);
  });

  it('one that needs few entries does not wait for one that needs many', () => {
    const scene = createScene([FED], STEP);
    for (let i = 0; i < 100; i++) scene.record([deleted(`a${i}`, NOON + i * MINUTE)], { began: NOON + i * MINUTE });
    const now = NOON + 100 * MINUTE;
    const after = deployed(
      scene,
      [FED, counted(80, { id: 'long', timespanMs: 90 * MINUTE }), counted(3, { id: 'short', timespanMs: 3 * MINUTE })],
      STEP,
    );
    after.record([deleted('b1', now), deleted('b2', now + 1)], { began: now, now });
    for (let i = 0; i < 6; i++) after.ledger.runPass(now);
    expect(alerts(after)).toMatchObject([{ rule: 'short' }]);
    expect(passes(after).map(({ outcome }) => outcome)).toEqual(['done', null]);
    finish(after, now);
    expect(alerts(after)).toMatchObject([{ rule: 'short' }, { rule: 'long' }]);
  });
});

describe('a step that fails', () => {
  const RULES = [FED, counted(12)];
  const STEP = { stepEntries: 4 };
  const later = NOON + 2 * MINUTE;
  const scenario = (): Scene => {
    const scene = createScene([FED, counted(50)], STEP);
    scene.record(burst(10, NOON, 'a'), { began: later });
    return scene;
  };
  const goOn = (scene: Scene): Scene => {
    scene.record([deleted('b1', later), deleted('b2', later + 1)], { began: later, now: later });
    finish(scene, later + HOUR);
    scene.record([deleted('b3', later + 2)], { began: later, now: later });
    return scene;
  };
  const outcome = (scene: Scene) => [
    alerts(scene),
    windowsOf(scene),
    decisions(scene),
    scene.store.all('SELECT * FROM activity'),
  ];

  /** The statements that a whole pass runs. */
  const whole = scenario();
  let statements = 0;
  whole.watch(() => statements++);
  const due = outcome(goOn(deployed(whole, RULES, STEP)));

  it(`has done nothing, wherever it died: ${statements} places`, () => {
    expect(due[0]).toMatchObject([{ rule: 'many vm.deleted' }]);
    for (let at = 1; at <= statements; at++) {
      let scene = scenario();
      let left = at;
      scene.watch(() => {
        if (--left === 0) throw new Error('it died');
      });
      const step = (call: () => Scene): void => {
        try {
          scene = call();
        } catch {
          // The object starts again, with the same rules.
          scene.watch(() => {});
          scene = scene.reopened({ engine: compile({ version: `${version}`, rules: RULES }), ...STEP });
        }
      };
      step(() => deployed(scene, RULES, STEP));
      const record = (id: string, more: number) => () => {
        scene.record([deleted(id, later + more)], { began: later, now: later });
        return scene;
      };
      const finished = () => {
        finish(scene, later + HOUR);
        return scene;
      };
      for (const each of [record('b1', 0), record('b2', 1), finished, record('b3', 2), finished]) {
        step(each);
        // What failed is done again; what was done is known.
        step(each);
      }
      expect(outcome(scene).slice(0, 3), `statement ${at}`).toEqual(due.slice(0, 3));
    }
  });

  it('is tried again later and later, and with half as many entries', () => {
    const scene = deployed(scenario(), RULES, STEP);
    const { ledger } = scene;
    const at = (): number | null => {
      const [pass] = passes(scene);
      return (pass?.triedAt ?? 0) - later;
    };
    scene.watch((sql) => {
      if (sql.includes('INTO windows')) throw new Error('it fails');
    });
    expect(() => ledger.runPass(later)).toThrow('it fails');
    expect(at()).toBe(0);
    scene.watch(() => {});
    // Not yet.
    ledger.runPass(later + 29 * SECOND);
    expect(passes(scene)).toMatchObject([{ position: 4, tries: 1 }]);
    ledger.runPass(later + 30 * SECOND);
    expect(passes(scene)).toMatchObject([{ position: 6, tries: 0 }]);
    // The clock is set back meanwhile.
    scene.store.transaction(() => {
      const [pass] = passes(scene);
      scene.store.run("UPDATE passes SET value = json_set(value, '$.tries', 1, '$.triedAt', ?)", later + DAY);
      expect(pass?.tries).toBe(0);
    });
    ledger.runPass(later);
    expect(passes(scene)).toMatchObject([{ position: 8, tries: 0 }]);
  });

  it('an entry that can never be evaluated is quarantined and left out, and all others count', () => {
    const scene = scenario();
    const engine = compile({ version: `${++version}`, rules: RULES });
    const poisoned = {
      ...engine,
      rules: engine.rules,
      correlations: engine.correlations,
      evaluate: (body: Parameters<typeof engine.evaluate>[0]) => {
        if (body['id'] === 'a6') throw new Error('a bug');
        return engine.evaluate(body);
      },
    };
    const after = scene.reopened({ engine: poisoned, ...STEP });
    for (let tick = 0; tick < 60 && unfinished(after).length > 0; tick++) {
      try {
        after.ledger.runPass(later + tick * 10 * MINUTE);
      } catch {
        // The host logs it.
      }
    }
    expect(passes(after)).toMatchObject([{ outcome: 'done', position: 10, skipped: 1, entries: 9 }]);
    expect(after.store.all("SELECT id, problem FROM quarantine WHERE state = 'quarantined'")).toEqual([
      { id: 'a6', problem: 'rules that changed could not evaluate it: it is recorded, and they do not count it' },
    ]);
    expect(after.count('health_alerts', "kind = 'quarantine' AND state = 'open'")).toBe(1);
    // 9 of 10, and 3 more.
    after.record(
      [1, 2, 3].map((i) => deleted(`b${i}`, later + i)),
      { began: later, now: later },
    );
    expect(alerts(after)).toMatchObject([{ first: 13 }]);
  });

  it('a storage that takes no writes makes no entry one that can never be evaluated', () => {
    const scene = deployed(scenario(), RULES, STEP);
    scene.watch((sql) => {
      if (sql.includes('INTO windows')) throw new Error('database or disk is full');
    });
    for (let tick = 0; tick < 60; tick++) {
      try {
        scene.ledger.runPass(later + tick * 10 * MINUTE);
      } catch {
        // The host logs it.
      }
    }
    expect(passes(scene)).toMatchObject([{ position: 4, skipped: 0, tries: 1 }]);
    scene.watch(() => {});
    finish(scene, later + DAY);
    expect(passes(scene)).toMatchObject([{ outcome: 'done', skipped: 0 }]);
    expect(scene.count('quarantine')).toBe(0);
  });
});

describe('a day’s rows on the free plan', () => {
  const later = NOON + 2 * MINUTE;
  /** A ledger whose meter counts what a step adds. */
  const metered = (plan: 'free' | 'paid', perStep: { read: number; written: number }) => {
    const usage = new UsageMeter(plan, NOON);
    const scene = createScene([FED], { stepEntries: 2 });
    scene.record(burst(10, NOON, 'a'), { began: later });
    const { store } = scene;
    Object.assign(store, { meter: usage });
    scene.watch((sql) => {
      if (sql.startsWith('UPDATE') || !sql.includes('INTO windows')) return;
      usage.addRows(perStep.read, perStep.written);
    });
    usage.add({}, NOON);
    const after = deployed(scene, [FED, counted(20)], { stepEntries: 2, usage });
    return { after, usage };
  };
  const run = ({ after }: { after: Scene }, now: number): number => {
    for (let i = 0; i < 20; i++) after.ledger.runPass(now);
    return passes(after)[0]?.position ?? 0;
  };

  it.each([
    ['read', { read: 400_000, written: 0 }],
    ['written', { read: 0, written: 8_000 }],
  ])('are enough for so much (%s), and the pass goes on the next day', (_, perStep) => {
    const scene = metered('free', perStep);
    const reached = run(scene, later);
    expect(reached).toBe(6);
    const midnight = Date.UTC(2026, 0, 6);
    expect(scene.after.ledger.nextAlarmAt(later + HOUR)).toBeLessThanOrEqual(midnight);
    scene.usage.add({}, midnight);
    expect(run(scene, midnight)).toBe(10);
  });

  it('are not used where the watch needs what is left of them', () => {
    const scene = metered('free', { read: 0, written: 0 });
    scene.usage.add({ rowsWritten: 80_000 }, later);
    expect(run(scene, later)).toBe(2);
  });

  it('have no limit on the paid plan', () => {
    expect(run(metered('paid', { read: 9e9, written: 9e9 }), later)).toBe(10);
  });
});

it('a ledger from before there were passes has all of its windows built again', () => {
  const scene = createScene([FED, counted(6)]);
  scene.record(burst(5, NOON, 'a'), { began: NOON + MINUTE });
  const { store } = scene;
  store.transaction(() => {
    const { evaluated: _, ...state } = readState(store as Store) as NonNullable<ReturnType<typeof readState>>;
    writeState(store, state);
    store.run("UPDATE windows SET fingerprint = 'old'");
  });
  const after = scene.reopened();
  expect(passes(after)).toMatchObject([{ outcome: 'done', entries: 5 }]);
  after.record([deleted('b', NOON + 50 * SECOND)], { began: NOON + MINUTE });
  expect(alerts(after)).toEqual([{ rule: 'many vm.deleted', count: 1, first: 6, backfilled: 0 }]);
});

/** An actor's deletion or read, so many seconds after noon, in a page. */
const arbitraryEntry = fc.record({
  at: fc.integer({ min: 0, max: 1_200 }),
  actor: fc.constantFrom('alice', 'bob'),
  ip: fc.constantFrom('192.0.2.1', '192.0.2.2', '198.51.100.1'),
  action: fc.constantFrom('vm.deleted', 'vm.deleted', 'vm.read'),
});
const READ = onAction('vm.read', { alerts: false });
const LONG = { timespanMs: HOUR, alerts: true } as const;
const SETS: readonly (readonly Rule[])[] = [
  [FED, READ, counted(4, LONG)],
  [FED, READ, counted(3, LONG), counted(3, { ...LONG, id: 'values', type: 'value_count', fields: ['client_ip'] })],
  [
    FED,
    READ,
    counted(2, { ...LONG, id: 'pair', alerts: false }),
    counted(2, { ...LONG, id: 'chain', rules: ['pair', 'vm.read'], type: 'temporal_ordered' }),
    counted(4, { ...LONG, groupBy: ['client_ip'] }),
  ],
];

it('whatever the entries, the rules and the steps, windows are in the end those of a ledger that had the rules from the beginning', () => {
  const property = fc.property(
    fc.array(fc.array(arbitraryEntry, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 10 }),
    fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 2 })), { minLength: 1, maxLength: 4 }),
    fc.integer({ min: 1, max: 9 }),
    fc.nat({ max: 3 }),
    (pages, deploys, stepEntries, stepsBetween) => {
      const now = NOON + HOUR;
      let scene = createScene(SETS[0], { stepEntries });
      const record = (of: Scene, page: number): void => {
        const entriesOf: Incoming[] = (pages[page] ?? []).map(({ at, actor, ip, action }, i) =>
          entry(`${page}.${i}`, NOON + at * SECOND, { action, actor: { id: actor }, client_ip: ip }),
        );
        of.record(entriesOf, { now, began: now });
      };
      let rules = SETS[0];
      pages.forEach((_, page) => {
        for (const [before, set] of deploys) {
          if (before !== page) continue;
          rules = SETS[set] as readonly Rule[];
          scene = deployed(scene, rules, { stepEntries });
        }
        record(scene, page);
        for (let i = 0; i < stepsBetween; i++) scene.ledger.runPass(now);
      });
      finish(scene, now);
      const other = createScene(rules);
      for (const page of pages.keys()) record(other, page);
      expect(windowsOf(scene)).toEqual(windowsOf(other));
    },
  );
  fc.assert(property, { numRuns: 40 });
});
