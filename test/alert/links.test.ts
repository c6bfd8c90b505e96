import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alertButtons, groupButtons } from '../../src/alert/links.ts';

const LINKS = {
  alert: 'https://tocsin.example/alerts/12?pass=1.2',
  entry: 'https://tocsin.example/entries/a?pass=1.2',
};
const names = (buttons: readonly { readonly name: string }[]) => buttons.map(({ name }) => name);

it('what can be done with an alert is the second button, and leads to the form of its page', () => {
  const [, act] = alertButtons(LINKS, false);
  expect(act).toMatchObject({ label: 'Acknowledge or silence', href: expect.stringContaining(`${LINKS.alert}#`) });
  const page = readFileSync(join(import.meta.dirname, '../frozen/pages/alert-by-link.txt'), 'utf8');
  expect(page).toContain(` id="${act?.href.split('#')[1]}"`);
});

it('what is over has no such button, nor has what has no page', () => {
  expect(names(alertButtons(LINKS, true))).toEqual(['alert', 'entry']);
  expect(names(alertButtons({ ...LINKS, alert: null }, false))).toEqual(['entry']);
  expect(names(groupButtons({ ...LINKS, alerts: '/alerts' }, true))).toEqual(['alert', 'entry', 'alerts']);
});
