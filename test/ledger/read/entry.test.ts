import { describe, expect, it } from 'vitest';
import { EVERY_ALERT } from '../../../src/ledger/alert-query.ts';
import { ACTIVITY_MS, ACTIVITY_MAX as MAX } from '../../../src/ledger/read/activity.ts';
import type { Views } from '../../../src/ledger/read/views.ts';
import { storedId } from '../../../src/ledger/record/dedupe.ts';
import { scopeIn } from '../../support/scope.ts';
import { createScene, DAY, entry, HOUR, MINUTE, NOON, onAction, SECOND } from '../scene.ts';
import { DELETED, deletion, ids, MANY, QUIET, staged, viewsOf } from './views-scene.ts';

const ACTIVITY_MAX = MAX.actor;

describe('an entry with revisions', () => {
  it('is its last version, with what differed and when, and the alerts of all', () => {
    const { scene, views } = staged([DELETED, onAction('key.deleted')]);
    scene.record([deletion('d1', NOON - SECOND), deletion('d2', NOON - SECOND)]);
    const changed = entry('d1', NOON - SECOND, { action: 'key.deleted', target: { id: 't', note: '<b>'.repeat(200) } });
    scene.record([changed], { now: NOON + MINUTE });
    scene.record([entry('d1', NOON, { action: 'key.deleted', actor: null })], { now: NOON + 2 * MINUTE });
    const page = views.entry('d1', null);
    expect(page?.versions).toEqual([
      { revision: 0, readAt: NOON, changes: [] },
      {
        revision: 1,
        readAt: NOON + MINUTE,
        changes: [
          { field: 'action', before: 'vm.deleted', after: 'key.deleted' },
          {
            field: 'target',
            before: null,
            after: `${JSON.stringify({ id: 't', note: '<b>'.repeat(200) }).slice(0, 300)}…`,
          },
        ],
      },
      {
        revision: 2,
        readAt: NOON + 2 * MINUTE,
        changes: [
          { field: 'created_at', before: '2026-01-05T11:59:59.000Z', after: '2026-01-05T12:00:00.000Z' },
          { field: 'actor.id', before: 'alice', after: null },
          {
            field: 'target',
            before: `${JSON.stringify({ id: 't', note: '<b>'.repeat(200) }).slice(0, 300)}…`,
            after: null,
          },
        ],
      },
    ]);
    expect(page).toMatchObject({ entry: { id: 'd1', seq: 4, revision: 2, action: 'key.deleted', createdAt: NOON } });
    expect(page?.parts.map(({ alert }) => alert.rule)).toEqual(['key.deleted', 'key.deleted', DELETED.id]);
    expect(views.entryText('d1', null)).toContain('"actor":null');
    expect(views.entry('d2', null)?.versions).toEqual([]);
    // In the scope of an alert that only the first version belongs to.
    expect(views.entry('d1', scopeIn(scene.store, 1))?.versions).toHaveLength(3);
    expect(views.entry('d1', scopeIn(scene.store, 99))).toBeNull();
    expect(views.alert(1, null)?.timeline.map((item) => item.entry?.revision)).toEqual([0, 0]);
    expect(views.alert(2, null)?.timeline.map((item) => item.entry?.revision)).toEqual([1]);
  });

  it('keeps what is left of them', () => {
    const { scene, views } = staged([]);
    scene.record([entry('a', NOON - SECOND)]);
    scene.record([entry('a', NOON - SECOND, { action: 'other' })]);
    scene.store.run('DELETE FROM batches');
    scene.store.run("UPDATE entries SET body = '{' WHERE revision = 0");
    expect(views.entry('a', null)?.versions).toMatchObject([
      { readAt: null },
      { readAt: null, changes: expect.any(Array) },
    ]);
    scene.store.run('DELETE FROM entries WHERE revision = 0');
    expect(views.entry('a', null)).toMatchObject({ entry: { revision: 1 }, versions: [] });
  });
});

describe('an entry', () => {
  it('is shown with its text as it came, the rules that match it now, and its part in each alert', () => {
    const { scene, views } = staged([DELETED, MANY, QUIET]);
    const came = [deletion('d1', NOON - 3 * SECOND), deletion('d2', NOON - 2 * SECOND), deletion('d3', NOON - SECOND)];
    scene.record(came);
    const page = views.entry('d1', null);
    expect(page?.text).toBe(came[0]?.text);
    expect(page).toMatchObject({
      entry: { id: 'd1', seq: 1, createdAt: NOON - 3 * SECOND, action: 'vm.deleted', actor: { id: 'alice' } },
      cut: false,
      rulesChanged: false,
      rules: [
        {
          id: DELETED.id,
          title: DELETED.title,
          level: 'high',
          evidence: [{ selection: 'selection', field: 'action', value: 'vm.deleted' }],
        },
      ],
      parts: [
        { alert: { rule: MANY.id, level: 'critical', count: 1 }, part: 'contributing', decisions: null },
        {
          alert: { rule: DELETED.id, count: 3, status: 'open' },
          part: 'matched',
          decisions: [{ kind: 'opened', reason: 'first match' }],
        },
      ],
    });
    const reasons = (id: string) =>
      views.entry(id, null)?.parts.map(({ decisions }) => decisions?.map(({ reason }) => reason) ?? null);
    expect(reasons('d2')).toEqual([null, ['deferred']]);
    // The correlation's message stands for it.
    expect(reasons('d3')).toEqual([['first match'], ['inhibited']]);
  });

  it('that matches a rule which raises no alert says so, and has no alerts', () => {
    const { scene, views } = staged([QUIET]);
    scene.record([entry('e1', NOON)]);
    const page = views.entry('e1', null);
    expect(page?.rules.map(({ id }) => id)).toEqual([QUIET.id]);
    expect(page?.parts).toEqual([]);
  });

  it('is evaluated by the rules as they are, and says that they were others', () => {
    const { scene } = staged([DELETED]);
    scene.record([deletion('d1', NOON)]);
    const now = viewsOf(scene, [onAction('vm.deleted', { id: 'new', title: 'New' })], 'two');
    expect(now.entry('d1', null)).toMatchObject({ rulesChanged: true, rules: [{ id: 'new', title: 'New' }] });
    // The alert is the old rule's still.
    expect(now.entry('d1', null)?.parts[0]?.alert.title).toBe(DELETED.title);
  });

  it('that is not recorded is null', () => {
    const { views } = staged([]);
    expect(views.entry('nothing', null)).toBeNull();
    expect(views.entryText('nothing', null)).toBeNull();
  });

  it.each(['é', 'a\u0000b', '\n', 'x'.repeat(900), '#x', "' OR 1=1 --", '%_*?', '\u202ecod.exe', '<script>'])(
    'is found by its own id, however odd: %j',
    (id) => {
      const { scene, views } = staged([DELETED]);
      scene.record([deletion(id, NOON), deletion('other', NOON)]);
      expect(views.entry(id, null)?.entry.id).toBe(id.toWellFormed());
      expect(views.entryText(id, null)).toBe(deletion(id, NOON).text);
      expect(views.rules()).toMatchObject([{ rule: DELETED.id, matched: 2, lastEntry: expect.any(String) }]);
    },
  );

  it('by the name under which it is stored is not there: the two are not to be taken for each other', () => {
    const { scene, views } = staged([]);
    scene.record([entry('é', NOON)]);
    expect(views.entry(storedId('é'), null)).toBeNull();
  });

  it('keeps hostile values as they are, in lists too', () => {
    const { scene, views } = staged([DELETED]);
    const name = `"><script>alert(1)</script>\u202e\u0000 <!channel> ${'\ud800'}`;
    scene.record([entry('h', NOON, { action: 'vm.deleted', actor: { id: 'x', name }, path: [1, { a: name }] })]);
    const shown = views.entry('h', null)?.entry;
    expect(shown?.actor.name).toBe(name);
    expect(shown?.path).toBe(JSON.stringify([1, { a: name }]));
    expect(views.alert(1, null)?.timeline[0]?.entry).toEqual(shown);
  });

  it('of more than 64 KB says that it was cut, and its text is not given for whole', () => {
    const { scene, views } = staged([DELETED]);
    const agent = 'A'.repeat(70_000);
    scene.record([
      entry('huge', NOON, { user_agent: agent }),
      entry('small', NOON, { user_agent: '… (9 characters)' }),
    ]);
    expect(views.entry('huge', null)).toMatchObject({ cut: true });
    expect(views.entry('huge', null)?.text.length).toBeLessThan(5_000);
    expect(views.entryText('huge', null)).toBeNull();
    // What only looks like it was not.
    expect(views.entry('small', null)?.cut).toBe(false);
    expect(views.entryText('small', null)).toContain('… (9 characters)');
  });
});

describe('the scope', () => {
  const { scene: its, views } = staged([DELETED, MANY]);
  its.record([
    deletion('a1', NOON - 9 * SECOND, 'alice'),
    entry('a2', NOON - 8 * SECOND, { actor: { id: 'alice' } }),
    deletion('b1', NOON - 7 * SECOND, 'bob'),
    deletion('a3', NOON - 6 * SECOND, 'alice'),
    deletion('a4', NOON - 5 * SECOND, 'alice'),
  ]);
  const alerts = views.alerts(EVERY_ALERT).alerts;
  const of = (rule: string, key: string) =>
    alerts.find((alert) => alert.rule === rule && alert.key[0]?.value === key)?.id ?? 0;
  const alice = of(DELETED.id, 'alice');
  const bob = of(DELETED.id, 'bob');
  const many = of(MANY.id, 'alice');

  it('holds the entries that an alert matched or counted', () => {
    for (const id of ['a1', 'a3', 'a4']) {
      expect(views.entry(id, scopeIn(its.store, alice))?.entry.id).toBe(id);
      expect(views.entry(id, scopeIn(its.store, bob, many))?.entry.id).toBe(id);
      expect(views.entryText(id, scopeIn(its.store, alice))).toContain(id);
    }
  });

  it.each([
    ['another actor’s alert', 'b1', () => alice],
    ['the alert of another', 'a1', () => bob],
    ['an entry of no alert', 'a2', () => alice],
    ['an entry that does not exist', 'none', () => alice],
    ['an alert that does not exist', 'a1', () => 999],
    ['no number', 'a1', () => Number.NaN],
    ['none at all', 'a1', () => 0],
  ])('holds nothing else, and gives exactly null: %s', (_, id, scope) => {
    expect(views.entry(id, scopeIn(its.store, scope()))).toBeNull();
    expect(views.entryText(id, scopeIn(its.store, scope()))).toBeNull();
  });

  it('of several alerts holds the entries of each, and of no alert none', () => {
    const [one, both] = [scopeIn(its.store, bob), scopeIn(its.store, bob, alice)];
    expect(['a1', 'a2', 'b1'].map((id) => views.entry(id, one)?.entry.id ?? null)).toEqual([null, null, 'b1']);
    expect(['a1', 'a2', 'b1'].map((id) => views.entry(id, both)?.entry.id ?? null)).toEqual(['a1', null, 'b1']);
    expect(views.entry('b1', both)?.parts.map(({ alert }) => alert.id)).toEqual([bob]);
    expect(views.entry('b1', [])).toBeNull();
    expect(views.entryText('b1', [])).toBeNull();
  });

  it('of another ledger holds nothing, whatever the numbers of its alerts', () => {
    const elsewhere = viewsOf(createScene([DELETED, MANY]), [DELETED, MANY]);
    expect(elsewhere.alert(alice, null)).toBeNull();
    const other = [{ alert: alice, ledger: '0123456789abcdef' }];
    expect([views.alert(alice, other), views.entry('a1', other), views.entryText('a1', other)]).toEqual([
      null,
      null,
      null,
    ]);
    const ours = scopeIn(its.store, alice);
    expect(views.alert(alice, ours)?.alert.id).toBe(alice);
    expect(views.alert(bob, ours)).toBeNull();
    expect(views.alert(alice, [])).toBeNull();
  });

  it('says of the story which entries it holds, and of other alerts nothing', () => {
    const page = views.entry('a3', scopeIn(its.store, alice));
    expect(ids(page?.actorActivity.before ?? [])).toEqual(['a1', 'a2']);
    expect(ids(page?.actorActivity.after ?? [])).toEqual(['a4']);
    expect(page?.actorActivity.open).toEqual(['a1', 'a4']);
    expect(page?.parts.map(({ alert }) => alert.id)).toEqual([alice]);
    expect(views.entry('a3', null)?.actorActivity.open).toEqual(['a1', 'a2', 'a4']);
    expect(views.entry('a3', null)?.parts.map(({ alert }) => alert.id)).toEqual([many, alice]);
  });
});

describe('the story', () => {
  const around = (page: ReturnType<Views['entry']>) => ({
    before: ids(page?.actorActivity.before ?? []),
    after: ids(page?.actorActivity.after ?? []),
    more: [page?.actorActivity.moreBefore, page?.actorActivity.moreAfter],
  });

  it('goes by time and then by number: at the same instant the earlier number is before', () => {
    const { scene, views } = staged([]);
    scene.record(['s1', 's2', 's3', 's4', 's5'].map((id) => entry(id, NOON - MINUTE)));
    scene.record([entry('late', NOON - MINUTE), entry('earlier', NOON - 2 * MINUTE)]);
    expect(around(views.entry('s3', null))).toEqual({
      before: ['earlier', 's1', 's2'],
      after: ['s4', 's5', 'late'],
      more: [false, false],
    });
    expect(around(views.entry('late', null)).after).toEqual([]);
  });

  it.each([ACTIVITY_MAX - 1, ACTIVITY_MAX, ACTIVITY_MAX + 1])(
    'shows the nearest, and whether there are more: %i',
    (count) => {
      const { scene, views } = staged([]);
      const line = Array.from({ length: 2 * count + 1 }, (_, i) =>
        entry(`n${String(i).padStart(3, '0')}`, NOON - HOUR + i * SECOND),
      );
      const others = line.map(({ createdAt }, i) => entry(`o${i}`, createdAt, { actor: { id: 'bob' } }));
      scene.record([...line, ...others]);
      const shown = Math.min(count, ACTIVITY_MAX);
      const { before, after, more } = around(views.entry(line[count]?.id ?? '', null));
      expect(before).toEqual(line.slice(count - shown, count).map(({ id }) => id));
      expect(after).toEqual(line.slice(count + 1, count + 1 + shown).map(({ id }) => id));
      expect(more).toEqual([count > ACTIVITY_MAX, count > ACTIVITY_MAX]);
    },
  );

  it('ends after a day, before and after', () => {
    const { scene, views } = staged([]);
    const middle = NOON - 2 * DAY;
    const at = [-ACTIVITY_MS - 1, -ACTIVITY_MS, 0, ACTIVITY_MS, ACTIVITY_MS + 1];
    scene.record(
      at.map((ms, i) => entry(`t${i}`, middle + ms)),
      { suppressBefore: null, began: NOON },
    );
    // The scene's floor is an hour back: what is older was left alone.
    expect(scene.count('entries')).toBe(0);
    scene.store.run("UPDATE state SET value = json_set(value, '$.checkpoint.floor', 0)");
    const again = scene.reopened();
    again.record(at.map((ms, i) => entry(`t${i}`, middle + ms)));
    expect(around(viewsOf(again, []).entry('t2', null))).toEqual({
      before: ['t1'],
      after: ['t3'],
      more: [false, false],
    });
    expect(views.entry('t2', null)?.actorActivity.withinMs).toBe(ACTIVITY_MS);
  });

  it('of nobody is empty, though there are others of nobody', () => {
    const { scene, views } = staged([]);
    scene.record([
      entry('n1', NOON, { actor: null }),
      entry('n2', NOON, { actor: null }),
      entry('n3', NOON, { actor: {} }),
    ]);
    expect(views.entry('n2', null)?.actorActivity).toMatchObject({ value: null, before: [], after: [], open: [] });
  });

  it.each(['', '%', '_', "'", '\u0000', 'ALICE', 'é'.repeat(300)])('is of this actor and no other: %j', (actor) => {
    const { scene, views } = staged([]);
    const by = (id: string, who: string) => entry(id, NOON, { actor: { id: who } });
    scene.record([by('1', actor), by('2', actor), by('3', 'alice'), by('4', 'b')]);
    expect(ids(views.entry('1', null)?.actorActivity.after ?? [])).toEqual(['2']);
  });
});
