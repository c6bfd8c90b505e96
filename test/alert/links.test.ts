import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alertButtons, groupButtons } from '../../src/alert/links.ts';

const LINKS = {
  alert: 'https://tocsin.example/alerts/12?pass=1.2',
  entry: 'https://tocsin.example/entries/a?pass=1.2',
};
const names = (buttons: readonly { readonly name: string }[]) => buttons.map(({ name }) => name);

it.each([0, 1])('what can be done with an alert is beside it, and leads to a part of its page (%i)', (i) => {
  const acts = alertButtons(LINKS, false).slice(0, 2);
  expect(acts.map(({ label }) => label)).toEqual(['Acknowledge…', 'Sign in to silence…']);
  const { href } = acts[i] as (typeof acts)[number];
  expect(href.startsWith(`${LINKS.alert}#`)).toBe(true);
  for (const file of ['alert-by-link', 'alert-to-act-on']) {
    const page = readFileSync(join(import.meta.dirname, `../frozen/pages/${file}.txt`), 'utf8');
    expect(page.split(` id="${href.split('#')[1]}"`), file).toHaveLength(2);
  }
});

it.each([
  ['by its number', {}, 'Acknowledge alert 1,234…'],
  ['of one that the links open, by its number', { covered: 1 }, 'Acknowledge alert 1,234…'],
  ['of several that the links open', { covered: 5 }, 'Acknowledge 5 alerts…'],
])('a group has the buttons of its first alert, %s, and the list', (_, more, acknowledge) => {
  const labels = groupButtons({ ...LINKS, alerts: '/alerts', ...more }, false, 1_234).map(({ label }) => label);
  expect(labels).toEqual([
    ...[acknowledge, 'Sign in to silence…', 'Open alert 1,234', 'Open the list of alerts', 'Open the log entry'],
  ]);
});

it('what is over has no acts, nor has what has no page', () => {
  expect(names(alertButtons(LINKS, true))).toEqual(['alert', 'entry']);
  expect(names(alertButtons({ ...LINKS, alert: null }, false))).toEqual(['entry']);
  expect(names(groupButtons({ ...LINKS, alerts: '/alerts' }, true, 12))).toEqual(['alert', 'alerts', 'entry']);
});
