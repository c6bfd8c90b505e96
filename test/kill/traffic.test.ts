import { expect, test } from 'vitest';
import type { EntryBody } from '../sandbox/record.ts';
import { RULES } from './incidents.ts';
import { createTraffic, LATENESS_MS, trafficUntil } from './traffic.ts';

const START = Date.parse('2026-03-04T09:00:00Z');
const MINUTES_5 = trafficUntil({ seed: 1, startAt: START }, 300);
const bodies = MINUTES_5.records.map(({ body }) => body as EntryBody);

test('is the same after every restart, and another for another seed', () => {
  expect(trafficUntil({ seed: 1, startAt: START }, 300)).toEqual(MINUTES_5);
  expect(trafficUntil({ seed: 2, startAt: START }, 300).alerts).not.toEqual(MINUTES_5.alerts);
});

test('begins with the same seconds, however long it goes on', () => {
  const traffic = createTraffic({ seed: 1, startAt: START });
  const first = Array.from({ length: 40 }, () => traffic.next());
  expect(traffic.seconds).toBe(40);
  expect(MINUTES_5.records.slice(0, first.flatMap(({ records }) => records).length)).toEqual(
    first.flatMap(({ records }) => records),
  );
});

test('has ids of its own, late entries within the allowance, and pages of one instant', () => {
  expect(new Set(bodies.map(({ id }) => id)).size).toBe(bodies.length);
  const latenesses = MINUTES_5.records.map(({ createdAt, appearsAt }) => appearsAt - createdAt);
  expect(Math.min(...latenesses)).toBe(0);
  expect(Math.max(...latenesses)).toBeGreaterThan(LATENESS_MS / 2);
  expect(Math.max(...latenesses)).toBeLessThan(LATENESS_MS);
  const instants = Map.groupBy(bodies, ({ created_at }) => created_at);
  expect(Math.max(...[...instants.values()].map(({ length }) => length))).toBeGreaterThan(300);
});

test('opens alerts of every rule that is played, each under a key of its own', () => {
  const keys = MINUTES_5.alerts.map(({ rule, key }) => JSON.stringify([rule, ...key]));
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(MINUTES_5.alerts.map(({ rule }) => rule))).toEqual(new Set(Object.values(RULES)));
});
