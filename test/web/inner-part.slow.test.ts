/** The page of a rule whose selections are in an inner detection, as it is served; its rules stand in for the pack (so it is isolated). */
import { expect, it, vi } from 'vitest';
import type { DetectionRule } from '../../src/sigma/index.ts';
import { onAction } from '../ledger/scene.ts';
import { firstSeen } from '../support/rules.ts';
import { pagesApp } from './app.ts';

vi.mock('../../src/rules.gen.ts', () => {
  const range = { weekdays: [1], from: 720, to: 780, timeZone: 'UTC' };
  const lunch = { kind: 'leaf', selection: 'during lunch', field: 'local time' } as const;
  const made = onAction('api_key.created');
  const atLunch: DetectionRule = {
    ...made,
    expression: {
      kind: 'and',
      of: [made.expression, { ...lunch, test: { op: 'during', outside: false, ranges: [range] } }],
    },
  };
  return { disabled: [], ruleSet: { version: 'one', rules: firstSeen('new-address', atLunch) } };
});

it('says at which times it matches', async () => {
  const response = await pagesApp({ ledger: null }).request('/rules/new-address');
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('only <bdi>during lunch (mon 12:00-13:00 UTC)</bdi>');
});
