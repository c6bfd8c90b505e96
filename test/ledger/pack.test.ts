/** The shipped rules over an ordinary day of an organization, and over the scenarios that must open alerts. */
import { describe, expect, it } from 'vitest';
import { ruleSet } from '../../src/rules.gen.ts';
import { createOrganization } from '../sandbox/organization.ts';
import { createRandom } from '../sandbox/random.ts';
import type { EntryBody, LogRecord } from '../sandbox/record.ts';
import { SCENARIOS } from '../sandbox/scenarios.ts';
import { createScene, HOUR, incoming, NOON, type Scene } from './scene.ts';

/** The titles of the alerts that these entries open, in their order. */
function alertsFor(records: readonly LogRecord[]): { scene: Scene; titles: string[] } {
  const scene = createScene(ruleSet.rules);
  for (let i = 0; i < records.length; i += 100) {
    const page = records.slice(i, i + 100);
    scene.record(
      page.map(({ body, createdAt }) => incoming(String((body as EntryBody).id), createdAt, JSON.stringify(body))),
      { began: Math.max(...page.map(({ createdAt }) => createdAt)) },
    );
  }
  return {
    scene,
    titles: scene.store.all<{ title: string }>('SELECT title FROM alerts ORDER BY id').map(({ title }) => title),
  };
}

describe('the rules', () => {
  it.each([1, 7])('ring nothing on an ordinary day (seed %i)', (seed) => {
    const day = createOrganization(seed).between(NOON - 6 * HOUR, NOON + 6 * HOUR, { entriesPerDay: 12_000 });
    expect(day.length).toBeGreaterThan(5_000);
    expect(alertsFor(day).titles).toEqual([]);
  });

  it('tell the story of a stolen key', () => {
    const { scene, titles } = alertsFor(SCENARIOS['stolen key'](NOON, createRandom(1)));
    expect(titles).toEqual([
      'API key created by an API key',
      'Burst of 4xx by one actor',
      'Burst of 4xx from one address',
      'Kubeconfig of a cluster read',
      'Burst of 4xx, then a kubeconfig',
      'New API key, created by an API key, reads a kubeconfig or deletes something',
      'Many deletions by one actor',
    ]);
    const numbers = scene.store.all<{ number: string }>(
      'SELECT number FROM matches WHERE number IS NOT NULL ORDER BY alert, seq',
    );
    expect(new Set(numbers.map(({ number }) => number))).toContain('2 of 2 steps completed in 1 day');
  });

  it('say what else there is to say of the others', () => {
    expect(alertsFor(SCENARIOS['api key deleted'](NOON, createRandom(1))).titles).toEqual(['API key deleted']);
    expect(alertsFor(SCENARIOS['burst of 4xx'](NOON, createRandom(1))).titles).toEqual([
      'Burst of 4xx from one address',
    ]);
  });
});
