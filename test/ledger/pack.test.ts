/** The shipped rules over an ordinary day of an organization, and over the scenarios that must open alerts. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DERIVED_FIELDS } from '../../src/audit-log/derived-fields.ts';
import { createBacktest } from '../../src/backtest/backtest.ts';
import { readRuleFiles, TOCSIN } from '../../src/cli/rule-files.ts';
import { parseRules } from '../../src/sigma/build.ts';
import { compile, isAbove, type Level } from '../../src/sigma/index.ts';
import { createOrganization } from '../sandbox/organization.ts';
import { createRandom } from '../sandbox/random.ts';
import type { EntryBody, LogRecord } from '../sandbox/record.ts';
import { SCENARIOS } from '../sandbox/scenarios.ts';
import { HOUR, NOON } from './scene.ts';

const { rules: files, ...others } = readRuleFiles(resolve(import.meta.dirname, '../../rules'));
const { ruleSet } = parseRules(files, { ...TOCSIN, ...others });
const engine = compile(ruleSet, { derived: DERIVED_FIELDS });
const DAY = 24 * HOUR;

/** The titles of the alerts that these entries open, in their order, after more than a week of an ordinary organization. */
function alertsFor(records: readonly LogRecord[], seed = 1, least: Level = 'informational'): readonly string[] {
  const week = createOrganization(seed).between(NOON - 9 * DAY, NOON - 6 * HOUR, { entriesPerDay: 400 });
  const run = createBacktest({ engine, countFrom: NOON - 6 * HOUR });
  run.add(
    [...week, ...records].map(({ body, createdAt }, i) => ({
      // What two organizations with one seed do has the same ids.
      ...{
        id: `${i < week.length ? 'before' : 'now'} ${(body as EntryBody).id}`,
        createdAt,
        occurredAt: createdAt,
        body: { ...(body as EntryBody) },
      },
    })),
  );
  return run.end().alerts.flatMap(({ title, level }) => (isAbove(least, level) ? [] : [title]));
}

describe('the rules', () => {
  it.each([1, 7])('are quiet on an ordinary day (seed %i)', (seed) => {
    const day = createOrganization(seed).between(NOON - 6 * HOUR, NOON + 6 * HOUR, { entriesPerDay: 12_000 });
    expect(day.length).toBeGreaterThan(5_000);
    expect(alertsFor(day, seed, 'medium')).toEqual([]);
    expect(alertsFor(day, seed).length).toBeLessThanOrEqual(1);
  });

  it('tell the story of a stolen key', () => {
    expect(alertsFor(SCENARIOS['stolen key'](NOON, createRandom(1)))).toEqual([
      'API key created by an API key that never made one',
      'API key refused from an unusual network',
      'New API key used from a network nobody used before',
      'Audit log refused to somebody who never read it',
      'Refused on many kinds of paths',
      'An attack in a path or user agent',
      'New API key, made by a key that never made one, reads a kubeconfig or deletes something',
      'Refused on many kinds of paths, then a kubeconfig read',
      'Kubeconfig read from an unusual network',
      'API key makes a change from an unusual network',
      'API key deletes something from an unusual network',
      'Many deletions by somebody who never deleted',
    ]);
  });

  it('say what else there is to say of the others', () => {
    expect(alertsFor(SCENARIOS['api key deleted'](NOON, createRandom(1)))).toEqual([
      'API key deleted',
      'Security changed from an unusual network with a new client',
    ]);
    expect(alertsFor(SCENARIOS['burst of 4xx'](NOON, createRandom(1)))).toEqual([
      'An attack in a path or user agent',
      'API key refused from an unusual network',
      'Several actors refused in a network that nobody uses',
    ]);
  });
});
