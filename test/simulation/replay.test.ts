/** That a replay of what a ledger stored gives the same, and that it does not where anything it depends on is missing. */
import { describe, expect, it } from 'vitest';
import { nodeStore } from '../../src/ledger/store/node-store.ts';
import { migrate } from '../../src/ledger/store/schema.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import { compile, type Engine } from '../../src/sigma/index.ts';
import { counting, createScene, DAY, deleted, entry, HOUR, MINUTE, NOON, onAction, route } from '../ledger/scene.ts';
import { copyTables, putTables } from '../support/copied-tables.ts';
import { differences, type ReplaySetup, replayed, reportReplay } from './replay.ts';

const RULES = [
  onAction('vm.deleted', { level: 'high' }),
  onAction('vm.read', { level: 'medium' }),
  counting('vm.deleted', 3, { level: 'critical', timespanMs: 2 * MINUTE }),
];
const RECEIVERS = [route('slack'), route('mail', { minLevel: 'high', problem: 'it is not set' })];
const RELAXED = RULES.map((rule) => ({ ...rule, level: 'medium' as const }));
const ENGINES = new Map([
  ['one', compile({ version: 'one', rules: RULES })],
  ['two', compile({ version: 'two', rules: RELAXED })],
]);
const SETUP: ReplaySetup = {
  engines: ENGINES,
  deployedAt: () => ({ receivers: RECEIVERS }),
  deployedAtStep: () => ({ receivers: RECEIVERS, engine: ENGINES.get('two') as Engine }),
  deployedAtAct: () => ({ receivers: RECEIVERS, engine: ENGINES.get('one') as Engine }),
};

/** Days of a ledger in which people and time do all that they can do. */
function lived(): Store {
  const engine = (version: string) => ({ engine: ENGINES.get(version) as Engine });
  let scene = createScene(RULES, { ...engine('one'), receivers: RECEIVERS });
  let entries = 0;
  const record = (minutes: number, actor: string, more: object = {}, of: object = {}): void => {
    const at = NOON + minutes * MINUTE;
    scene.record([deleted(`e${entries++}`, at, actor, { ...more })], { now: at, began: at, ...of });
  };
  const act = (alert: number, what: Parameters<typeof scene.ledger.act>[0]['act'], minutes: number): void => {
    const outcomes = scene.ledger.act(
      { alerts: [alert], act: what, who: 'ada', via: 'cli', seenLevel: null },
      NOON + minutes * MINUTE,
    );
    expect(outcomes).toEqual([{ alert, outcome: 'done' }]);
  };
  const silence = (matchers: object, minutes: number): void => {
    const startsAt = NOON + minutes * MINUTE;
    const text = JSON.stringify({ matchers, startsAt, endsAt: startsAt + HOUR, comment: 'we know' });
    expect(scene.ledger.silence({ silence: text, who: 'ada', via: 'cli' }, startsAt)).toMatchObject({ kind: 'made' });
  };
  // Somebody acknowledges, somebody resolves; both alerts go on.
  record(0, 'alice', { client_ip: '203.0.113.1' });
  record(1, 'bob', { client_ip: '203.0.113.1' });
  act(1, { act: 'acknowledge', comment: null }, 2);
  act(2, { act: 'resolve', reason: 'expected', comment: 'the deploy' }, 2);
  act(1, { act: 'assign', to: 'eve' }, 3);
  record(4, 'alice');
  record(5, 'bob');
  // A silence that is ended before its time, and that it was over an entry dated after that.
  silence({ actor: ['carol'] }, 6);
  record(12, 'carol', {}, { now: NOON + 7 * MINUTE });
  scene.ledger.expireSilence(1, 'ada', NOON + 8 * MINUTE);
  scene.ledger.watchdog(NOON + 9 * MINUTE);
  record(13, 'carol');
  silence({ actor: ['dave'] }, 14);
  record(15, 'dave');
  // A correlation, and what nobody is to be notified of.
  for (const minutes of [20, 20.5, 21, 21.2]) record(minutes, 'erin');
  record(22, 'frank', {}, { suppressBefore: NOON + 23 * MINUTE });
  record(24, 'frank');
  // Reminders, ends of acknowledgements and of silences; what was never delivered is dead.
  for (let minutes = 30; minutes < 2 * 24 * 60; minutes += 30) {
    scene.ledger.watchdog(NOON + minutes * MINUTE);
    if (minutes % 300 === 0) for (const actor of ['alice', 'erin', 'bob']) record(minutes + 1, actor);
  }
  scene.record([entry('quiet', NOON + 2 * DAY, { actor: { id: 'quiet' } })], { now: NOON + 2 * DAY });
  // A receiver that is new, and a deploy of other rules.
  scene = scene.reopened({ ...engine('two'), receivers: RECEIVERS });
  scene.ledger.watchdog(NOON + 3 * DAY);
  for (let minutes = 3; minutes < 6; minutes++) record(3 * 24 * 60 + minutes, 'alice');
  for (const days of [8, 9]) scene.ledger.watchdog(NOON + days * DAY);
  record(9 * 24 * 60 + 1, 'bob');
  // The watermark passes two weeks after what was quiet.
  record(17 * 24 * 60, 'zoe');
  record(17 * 24 * 60 + 6, 'zoe');
  return scene.store;
}

const STORED = lived();

/** The same with a change in it. */
function changed(change: (store: Store) => void): Store {
  const store = nodeStore();
  migrate(store);
  store.transaction(() => putTables(store, copyTables(STORED)));
  change(store);
  return store;
}

/** What is noticed of a replay with that change, apart from what it is of itself. */
function noticed(change: (store: Store) => void, setup = SETUP): readonly string[] {
  const problems: string[] = [];
  const again = replayed(changed(change), setup, (problem) => problems.push(problem));
  return [...problems, ...differences(STORED, again)].filter(
    (problem) => !/^replay: .*\b(acts|silences)\b/.test(problem),
  );
}

describe('a replay', () => {
  it('gives the same alerts, decisions and acts', () => {
    const problems: string[] = [];
    reportReplay(STORED, SETUP, (problem) => problems.push(problem));
    expect(problems).toEqual([]);
  });

  const ACTS = STORED.all<{ id: number; act: string; who: string }>('SELECT id, act, who FROM acts ORDER BY id');
  it('is of acts of all kinds that change something', () => {
    expect([...new Set(ACTS.map(({ act }) => act))].sort()).toEqual([
      ...['acknowledge', 'acknowledgement ended', 'assign', 'dead', 'deferred', 'resolve', 'resolved'],
      'silence ended',
    ]);
  });

  it.each(ACTS.filter(({ act }, i) => ACTS.findIndex((other) => other.act === act) === i))(
    'is another one without the act $id, "$act"',
    ({ id }) => {
      expect(noticed((store) => store.run('DELETE FROM acts WHERE id = ?', id))).not.toEqual([]);
    },
  );

  it.each([
    ['where an act comes after the entry after it', 'UPDATE acts SET seq = seq + 1 WHERE id = 1'],
    ['without a silence', 'DELETE FROM silences WHERE id = 2'],
    ['where a silence was made later', 'UPDATE silences SET seq = seq + 1'],
    ['where a silence ended when it was made', 'UPDATE silences SET planned_end = NULL'],
    ['where nobody ended a silence before its time', 'UPDATE silences SET ends_at = planned_end WHERE id = 1'],
    ['where an entry occurred at another time', 'UPDATE entries SET occurred_at = occurred_at + 120000 WHERE seq = 1'],
    ['where a match was not backfilled', 'UPDATE batches SET suppress_before = NULL'],
    ['where windows do not wait', 'UPDATE batches SET horizon = began + 600000'],
    ['by other rules', "UPDATE batches SET rules = 'two'"],
  ])('is another one %s', (_, sql) => {
    expect(noticed((store) => store.run(sql))).not.toEqual([]);
  });

  it('is another one for other receivers', () => {
    const [slack] = RECEIVERS;
    const fewer = { ...SETUP, deployedAt: () => ({ receivers: slack === undefined ? [] : [slack] }) };
    expect(noticed(() => {}, fewer)).not.toEqual([]);
  });
});
