/** How often each rule matched and when last; and who did what, as stories are found by. */
import { describe, expect, it } from 'vitest';
import { storedActor } from '../../../src/ledger/record/dedupe.ts';
import { counting, createScene, DAY, entry, incoming, MINUTE, NOON, onAction, type Scene } from '../scene.ts';

const deleted = (id: string, at: number) => entry(id, at, { action: 'vm.deleted' });
const activity = ({ store }: Scene) => store.all('SELECT * FROM activity ORDER BY rule');

describe('the activity of rules', () => {
  it('is how often each matched, its latest time, and the entry it matched last', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), onAction('vm.read'), onAction('vm.created')]);
    scene.record([deleted('a', NOON - MINUTE), entry('b', NOON - MINUTE), deleted('c', NOON)]);
    scene.record([deleted('late', NOON - 2 * MINUTE)]);
    expect(activity(scene)).toEqual([
      { rule: 'vm.deleted', matched: 3, last_at: NOON, last_seq: 4 },
      { rule: 'vm.read', matched: 1, last_at: NOON - MINUTE, last_seq: 2 },
    ]);
  });

  it('of a correlation is how often it fired', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 3)]);
    scene.record(['a', 'b', 'c', 'd'].map((id) => deleted(id, NOON - MINUTE)));
    expect(activity(scene)).toEqual([
      { rule: 'many vm.deleted', matched: 2, last_at: NOON - MINUTE, last_seq: 4 },
      { rule: 'vm.deleted', matched: 4, last_at: NOON - MINUTE, last_seq: 4 },
    ]);
  });

  it('counts an entry that is read again once, and an entry of the future at the beginning of its scan', () => {
    const scene = createScene([onAction('vm.deleted')]);
    for (let i = 0; i < 3; i++) scene.record([deleted('a', NOON + DAY)]);
    expect(activity(scene)).toEqual([{ rule: 'vm.deleted', matched: 1, last_at: NOON, last_seq: 1 }]);
  });

  it('costs one row a batch and rule that matched, and none where none did', () => {
    const scene = createScene([onAction('vm.deleted')]);
    scene.record([deleted('z', NOON)]);
    // The entry, its batch, the state.
    expect(scene.written(() => scene.record([entry('quiet', NOON)]))).toBe(3);
    // Three entries, their matches, their batch, the alert, when it is due to be notified again, the activity, the state.
    const page = ['a', 'b', 'c'].map((id) => deleted(id, NOON));
    expect(scene.written(() => scene.record(page))).toBe(11);
    // That stays as it is.
    expect(scene.written(() => scene.record(['d', 'e', 'f'].map((id) => deleted(id, NOON))))).toBe(10);
    expect(scene.written(() => scene.record(page))).toBe(0);
  });
});

describe('the actor of an entry', () => {
  const rows: readonly [string, Readonly<Record<string, unknown>>, string | null][] = [
    ['its actor.id', { actor: { id: 'alice' } }, 'alice'],
    ['the flat key', { 'actor.id': 'bob' }, 'bob'],
    ['a number, as text', { actor: { id: 7 } }, '7'],
    ['something else, as JSON', { actor: { id: { a: 1 } } }, '{"a":1}'],
    ['none', {}, null],
    ['null', { actor: { id: null } }, null],
    ['no object', { actor: 'alice' }, null],
    ['an empty one', { actor: { id: '' } }, ''],
    ['256 characters of it', { actor: { id: 'x'.repeat(300) } }, 'x'.repeat(256)],
    ['no half of a character', { actor: { id: `${'x'.repeat(255)}😀` } }, `${'x'.repeat(255)}\ufffd`],
    ['well-formed', { actor: { id: '\ud800a\0b' } }, '\ufffda\ufffdb'],
    ['not the prototype’s', { actor: JSON.parse('{"__proto__":{"id":"eve"}}') }, null],
  ];
  it.each(rows)('%s', (_, body, actor) => {
    expect(storedActor(body)).toBe(actor);
    const scene = createScene();
    scene.record([incoming('e', NOON, JSON.stringify({ id: 'e', ...body }))]);
    expect(scene.store.all('SELECT actor FROM entries')).toEqual([{ actor }]);
  });

  it('none, or its beginning, where it is nested deeply', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    // Whether JSON.stringify can write it depends on the version of V8.
    expect([null, '['.repeat(256)]).toContain(storedActor({ actor: { id: deep } }));
  });
});
