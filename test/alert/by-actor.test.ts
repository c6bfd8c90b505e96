import { expect, it } from 'vitest';
import { groupsByActor } from '../../src/alert/by-actor.ts';

const of = (name: string, id: string | null, level = 'low') => ({ name, level, latest: { actor: { id } } });
const names = (...alerts: readonly ReturnType<typeof of>[]) =>
  groupsByActor(alerts).map((group) => group.map(({ name }) => name).join(' '));

it('groups those of one actor that follow each other, the most severe first, else in their order', () => {
  expect(names()).toEqual([]);
  expect(names(of('a', 'x'), of('b', 'x', 'high'), of('c', 'x'), of('d', 'y'), of('e', 'x'))).toEqual([
    'b a c',
    'd',
    'e',
  ]);
  expect(names(of('a', 'x', 'unheard of'), of('b', 'x', 'informational'))).toEqual(['b a']);
});

it('leaves alone those of nobody who is known', () => {
  expect(names(of('a', null), of('b', null))).toEqual(['a', 'b']);
  const gone = { level: 'low', latest: null };
  expect(groupsByActor([gone, gone])).toHaveLength(2);
});

it('leaves the list as it is', () => {
  const list = [of('a', 'x'), of('b', 'x', 'high')];
  groupsByActor(list);
  expect(list.map(({ name }) => name)).toEqual(['a', 'b']);
});
