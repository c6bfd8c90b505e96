/** `first_seen` through the whole ledger: learned from history, by late entries, in messages, pages and silences. */
import { describe, expect, it } from 'vitest';
import { createViews } from '../../../src/ledger/read/views.ts';
import { STRETCHES_MAX } from '../../../src/sigma/correlate/first-seen.ts';
import type { Rule } from '../../../src/sigma/index.ts';
import { compile } from '../../../src/sigma/index.ts';
import { decisionName } from '../../support/decision.ts';
import { firstSeen } from '../../support/rules.ts';
import { createScene, entry, HOUR, MINUTE, NOON, onAction, type Scene } from '../scene.ts';

const LOGIN = onAction('login');
/** The ledger began to read an hour ago: here a day is two minutes. */
const DAY = 2 * MINUTE;
const WEEK = { learnMs: 7 * DAY, timespanMs: 30 * DAY } as const;
const BY_ACTOR = firstSeen('new address', LOGIN, { ...WEEK, groupBy: ['actor.id'], level: 'medium' });
const FOR_ALL = firstSeen('new address', LOGIN, WEEK);

let number = 0;
const login = (at: number, ip: string, actor = 'ada') =>
  entry(`e${number++}`, at, { action: 'login', client_ip: ip, actor: { id: actor } });

/** A ledger that has read some days of history without notifying of it, one address a day. */
function learned(rules: readonly Rule[], days = 8): Scene {
  const scene = createScene(rules);
  const history = Array.from({ length: days }, (_, i) => login(NOON - (days - i) * DAY, '192.0.2.1'));
  scene.record(history, { suppressBefore: NOON });
  return scene.reopened();
}

const alerts = ({ store }: Scene) =>
  store
    .all<{ key: string; count: number }>('SELECT key, count FROM alerts ORDER BY id')
    .map(({ key, count }) => `${key} ${count}`);
const decisions = ({ store }: Scene) =>
  store
    .all<{ decision: string | null }>('SELECT decision FROM matches ORDER BY alert, seq')
    .map((row) => decisionName(row.decision));

describe('first_seen', () => {
  it('learns from history, and alerts on what is new then', () => {
    const scene = learned(BY_ACTOR);
    scene.record([login(NOON, '192.0.2.1'), login(NOON, '203.0.113.9'), login(NOON, '203.0.113.9')]);
    expect(alerts(scene)).toEqual(['{"actor.id":"ada"} 1']);
    const [message] = scene.makeDue(NOON + HOUR);
    expect(message).toMatchObject({
      kind: 'opened',
      alert: { ruleId: 'new address', count: 1 },
      fields: [{ field: 'client_ip', value: '203.0.113.9' }],
      window: {
        type: 'first_seen',
        condition: 'new, after learning for 14 minutes',
        fields: ['client_ip'],
        rules: [],
        first: [],
      },
    });
    expect(message.evidence).toEqual([
      { selection: 'first_seen', field: 'client_ip', value: '203.0.113.9' },
      { selection: 'selection', field: 'action', value: 'login' },
    ]);
    expect(scene.store.all('SELECT number FROM matches')).toEqual([
      { number: 'a value of client_ip not seen in 16 minutes' },
    ]);
  });

  it('is quiet while it learns: a short history, and somebody new', () => {
    const scene = learned(BY_ACTOR, 6);
    scene.record([login(NOON, '203.0.113.9'), login(NOON, '203.0.113.10', 'eve'), login(NOON, '203.0.113.11', 'eve')]);
    expect(alerts(scene)).toEqual([]);
  });

  it('notifies nobody of what was new in the history that the first start reads', () => {
    const scene = createScene(BY_ACTOR);
    scene.record([login(NOON - 9 * DAY, '192.0.2.1'), login(NOON - DAY, '203.0.113.9')], { suppressBefore: NOON });
    expect(decisions(scene)).toEqual(['backfilled']);
    scene.record([login(NOON, '203.0.113.9')]);
    expect(decisions(scene)).toEqual(['backfilled']);
  });

  it('without groups has an alert for each new value', () => {
    const scene = learned(FOR_ALL);
    scene.record([login(NOON, '203.0.113.9'), login(NOON, '203.0.113.10', 'eve'), login(NOON, '192.0.2.1', 'eve')]);
    expect(alerts(scene)).toEqual(['{"client_ip":"203.0.113.9"} 1', '{"client_ip":"203.0.113.10"} 1']);
  });

  it('is matched by a late entry as it would have been in time', () => {
    const scene = learned(BY_ACTOR);
    scene.record([login(NOON, '203.0.113.9')]);
    scene.record([login(NOON - 1_000, '203.0.113.9'), login(NOON - 1_000, '203.0.113.10')]);
    expect(scene.store.all('SELECT at - ? AS at FROM matches ORDER BY seq', NOON)).toEqual([
      { at: 0 },
      { at: -1_000 },
      { at: -1_000 },
    ]);
    expect(alerts(scene)).toEqual(['{"actor.id":"ada"} 3']);
  });

  it('stores nothing of an entry that shows nothing new', () => {
    const scene = learned(BY_ACTOR);
    const writes: string[] = [];
    scene.record([login(NOON, '192.0.2.1')]);
    scene.watch((sql) => writes.push(sql.trim().split(/\s+/).slice(0, 3).join(' ')));
    scene.record([login(NOON + 1, '192.0.2.1')], { now: NOON + 1 });
    expect(writes).not.toContain('INSERT INTO windows');
    scene.record([login(NOON + DAY, '192.0.2.1')], { now: NOON + DAY });
    expect(writes).toContain('INSERT INTO windows');
  });

  it('begins to learn again when it means something else', () => {
    const scene = learned(BY_ACTOR);
    const others = firstSeen('new address', LOGIN, { ...WEEK, groupBy: ['actor.id'], fields: ['user_agent'] });
    const after = scene.reopened({ engine: compile({ version: 'two', rules: others }) });
    after.record([entry('x', NOON, { action: 'login', user_agent: 'curl' })]);
    expect(alerts(after)).toEqual([]);
  });

  it('reports a group with more values than it keeps', () => {
    const scene = learned(BY_ACTOR);
    scene.record(Array.from({ length: STRETCHES_MAX }, (_, i) => login(NOON, `value ${i}`)));
    expect(scene.notifications("health = 'overflow'").map(({ health }) => health.summary)).toEqual([
      'the rule new address has a group with more values than Tocsin can keep. The oldest were dropped.',
    ]);
  });

  it('is silenced by its entry, also for what time does', () => {
    const silenced = { matchers: { address: '203.0.113.0/24' }, endsAt: NOON + DAY, comment: 'the office moves' };
    const rules = firstSeen('new address', LOGIN, { ...WEEK, groupBy: ['actor.id'], level: 'high' });
    const scene = learned(rules);
    scene.ledger.silence({ silence: JSON.stringify(silenced), who: 'ada', via: 'cli' }, NOON);
    scene.record([login(NOON, '203.0.113.9'), login(NOON, '198.51.100.1')]);
    expect(decisions(scene)).toEqual(['silenced', 'opened: first match']);
  });
});

describe('its inner part', () => {
  it('is in no list of rules', () => {
    const scene = learned(BY_ACTOR);
    scene.record([login(NOON, '203.0.113.9')]);
    const views = createViews(scene.store, {
      engine: compile({ version: 'one', rules: BY_ACTOR }),
      status: scene.ledger.status,
    });
    expect(scene.ledger.status(NOON).rules.count).toBe(1);
    expect(views.rules().map(({ rule, matched }) => [rule, matched])).toEqual([['new address', 1]]);
    const [{ id = '' } = {}] = scene.store.all<{ id: string }>('SELECT id FROM entries ORDER BY seq DESC LIMIT 1');
    expect(views.entry(id, null)?.rules).toEqual([]);
    expect(views.entryWhy(id, NOON)?.matched).toMatchObject([
      {
        rule: 'new address',
        alerts: false,
        countedBy: [{ rule: 'new address', condition: 'new, after learning for 14 minutes' }],
      },
    ]);
  });
});
