/** What an owner changed in a rule, on the pages: tuned values, filters, disabled rules. */
import { expect, it } from 'vitest';
import { alertPage } from '../../src/web/pages/alert.tsx';
import { disabledRulePage, rulePage } from '../../src/web/pages/rule.tsx';
import { type RuleFile, type RuleFiles, readRuleFile } from '../../src/web/pages/rule-file.ts';
import { rulesPage } from '../../src/web/pages/rules.tsx';
import { onAction } from '../ledger/scene.ts';
import { VIEWER } from './app.ts';
import { cardText } from './card-text.ts';
import { alertPage as alertDetails } from './views.ts';

const SETUP = { routing: null, receivers: [] };
const FILE: RuleFile = { references: [], tuning: null, filters: [], text: 'title: Deleted' };
const OFF = {
  id: 'r-1',
  title: 'De<leted',
  level: 'high',
  description: 'Why.',
  path: 'a/b.yml',
  why: '<b>Noise',
} as const;

const page = (file: RuleFile | null) =>
  rulePage({ caller: VIEWER, rule: onAction('deleted'), activity: null, file, rules: [], setup: SETUP });

it('shows what is tuned, from which value to which, and why', () => {
  const changes = [
    { key: 'level', from: 'medium', to: 'low' },
    { key: 'receivers', from: null, to: '<b>oncall' },
  ];
  const html = page({ ...FILE, tuning: { why: 'Exporters <retry>.', changes } });
  expect(cardText(html, 'Tuned').split('\n').filter(Boolean)).toEqual([
    ...['rules/tuning.yml', 'Exporters <retry>.', 'level: medium → low', 'receivers: <b>oncall'],
  ]);
  expect(html).not.toMatch(/<(b|retry)>/);
  expect(html).not.toContain('Filtered by');
});

it('shows the filters of a rule', () => {
  const html = page({ ...FILE, filters: [{ title: 'CI <deletes', path: 'local/ci.yml' }] });
  expect(cardText(html, 'Filtered by').split('\n').filter(Boolean)).toEqual(['CI <deletes', 'rules/local/ci.yml']);
  expect(html).not.toContain('Tuned');
});

it('shows neither where nothing is changed, or the file can’t be read', () => {
  for (const file of [FILE, null]) expect(page(file)).not.toMatch(/Tuned|Filtered by/);
});

it('has a page of a disabled rule, with the reason', () => {
  const html = disabledRulePage(VIEWER, OFF, FILE);
  expect(cardText(html, 'Disabled</h2>').split('\n').filter(Boolean)).toEqual([
    'rules/tuning.yml',
    '<b>Noise',
    'It is not evaluated and opens no alerts. Those that it opened before stay.',
    '[/alerts?status=all&rule=r-1] Alerts of this rule',
  ]);
  expect(html).toContain('title: Deleted');
  expect(html).not.toMatch(/<(b|leted)>/);
});

it('lists disabled rules by themselves', () => {
  const list = (disabled: readonly (typeof OFF)[]) =>
    rulesPage({ caller: VIEWER, rules: [], disabled, version: 'v', activity: [], setup: SETUP });
  expect(
    cardText(list([OFF]), 'Disabled')
      .split('\n')
      .filter(Boolean),
  ).toEqual([...['rules/tuning.yml', '[/rules/r-1] De<leted', '<b>Noise']]);
  expect(list([])).not.toContain('Disabled');
});

it.each([
  [true, 'disabled'],
  [false, 'no longer one of the rules'],
])('says on an alert whether its rule is disabled: %s', (isDisabled, words) => {
  const common = { caller: VIEWER, details: alertDetails(), rule: null, others: null, linked: [], did: null };
  const html = alertPage({ ...common, isDisabled, token: '', now: 0 });
  expect(html).toContain(`<span class="sub">${words}</span>`);
});

it('reads them from the asset, by the rule’s id', async () => {
  const tuning = { why: 'x', changes: [] };
  const filters = [{ title: 'F', path: 'local/f.yml' }];
  const files: RuleFiles = {
    references: [['r-1', ['https://example.com']]],
    tunings: [['r-1', tuning]],
    filters: [['r-1', filters]],
    files: [['a.yml', 'text']],
  };
  const assets = { fetch: async () => Response.json(files) } as unknown as Fetcher;
  const read = (id: string, path = 'a.yml') => readRuleFile(assets, { id, path });
  expect(await read('r-1')).toEqual({ references: ['https://example.com'], tuning, filters, text: 'text' });
  expect(await read('r-2')).toEqual({ references: [], tuning: null, filters: [], text: 'text' });
  expect(await read('r-1', 'b.yml')).toBe(null);
});
