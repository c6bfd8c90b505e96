import { expect, test } from 'vitest';
import { createMemory } from '../../../src/sigma/evaluate/remembered.ts';

const BYTES = 1_000;
const ROOM = 20;

test('what is used again and again outlasts any number of values used once', () => {
  const memory = createMemory<number>(ROOM * 2 * BYTES);
  const [own, other] = [memory.createOwner(), memory.createOwner()];
  own.remember('wanted', 1, BYTES);
  for (let i = 0; i < 1_000; i++) {
    expect(own.recall('wanted')).toBe(1);
    other.remember(i, i, BYTES);
    expect(other.recall(`never ${i}`)).toBeUndefined();
  }
});

test('no more is held than there is room for, and the newest is always held', () => {
  const memory = createMemory<number>(ROOM * BYTES);
  const owners = [memory.createOwner(), memory.createOwner(), memory.createOwner()];
  for (let i = 0; i < 1_000; i++) {
    const owner = owners[i % owners.length] as (typeof owners)[number];
    owner.remember(i, i, BYTES * (1 + (i % 3)));
    expect(owner.recall(i)).toBe(i);
  }
  const held = owners.flatMap((owner) => Array.from({ length: 1_000 }, (_, i) => owner.recall(i) ?? []).flat());
  expect(held.length).toBeLessThan(ROOM);
  expect(held.reduce((sum, i) => sum + BYTES * (1 + (i % 3)), 0)).toBeLessThanOrEqual(ROOM * BYTES);
});

test('each owner has its own values, and values of different types are different', () => {
  const memory = createMemory<string>(ROOM * BYTES);
  const [own, other] = [memory.createOwner(), memory.createOwner()];
  own.remember(42, 'number', 0);
  own.remember('42', 'text', 0);
  other.remember(undefined, 'missing', 0);
  expect([own.recall(42), own.recall('42'), own.recall(undefined), own.recall(null)]).toEqual([
    'number',
    'text',
    undefined,
    undefined,
  ]);
  expect([other.recall(42), other.recall(undefined)]).toEqual([undefined, 'missing']);
});
