/** The pages of correlations: what they count, in words and with links; and the number in an alert. */
import { describe, expect, it } from 'vitest';
import type { CorrelationRule, Expression } from '../../src/sigma/index.ts';
import { alertPage } from '../../src/web/pages/alert.tsx';
import { rulePage } from '../../src/web/pages/rule.tsx';
import { counting, HOUR, onAction } from '../ledger/scene.ts';
import { detection } from '../support/rules.ts';
import { cardText } from './card-text.ts';
import { alertPage as alertDetails } from './views.ts';

const CALLER = { kind: 'viewer', id: 'v-1', name: 'ann', role: 'viewer', isSession: true } as const;
const MADE = onAction('made', { title: 'Key <made>' });
const READ = onAction('read', { title: 'Kubeconfig read' });

/** The card about what a correlation counts, as text with its links. */
function card(more: Partial<CorrelationRule>, title = 'What it counts'): string {
  const rule = counting('made', 3, { rules: ['made', 'read', 'gone'], timespanMs: HOUR, ...more });
  const setup = { routing: null, receivers: [] };
  return cardText(rulePage({ caller: CALLER, rule, activity: null, file: null, rules: [MADE, READ], setup }), title);
}

const LUNCH: Expression = {
  kind: 'leaf',
  selection: 'during lunch',
  field: 'local time',
  test: {
    op: 'during',
    outside: false,
    ranges: [{ weekdays: [0, 1, 2, 3, 4, 5, 6], from: 720, to: 780, timeZone: 'UTC' }],
  },
};

describe('the page of a correlation', () => {
  it.each<[string, Partial<CorrelationRule>, string]>([
    ['event_count', {}, 'The entries that these rules match, within 1 hour, for each actor.id. Condition: 3 or more.'],
    [
      'value_count',
      { type: 'value_count', fields: ['client_ip', 'path'], groupBy: [] },
      'The different values of client_ip and path, within 1 hour. Condition: 3 or more.',
    ],
    ['temporal', { type: 'temporal' }, 'How many of these rules match, in any order, within 1 hour, for each'],
    [
      'temporal_ordered',
      { type: 'temporal_ordered' },
      'in this order, within 1 hour, for each actor.id. Condition: all of',
    ],
    [
      'value_percentile',
      { type: 'value_percentile', percentile: 95, fields: ['bytes'], condition: [{ op: 'gt', value: 0.5 }] },
      'The 95th percentile of bytes, within 1 hour, for each actor.id. Condition: more than 0.5.',
    ],
    ['a share', { type: 'value_percentile', fields: ['bytes'] }, 'The share (%) of the last value among all values'],
    [
      'a condition over rules',
      {
        type: 'temporal',
        condition: [],
        expression: {
          kind: 'and',
          of: [
            { kind: 'leaf', rule: 0 },
            { kind: 'not', of: { kind: 'leaf', rule: 2 } },
          ],
        },
      },
      'Condition: “Key <made>” and not “gone”.',
    ],
    ['groups with two fields', { groupBy: ['a', 'b'] }, 'for each a and b.'],
  ])('%s', (_, more, words) => expect(card(more)).toContain(words));

  it('says what is missed, and names no rule', () => {
    const text = card({ type: 'absence', fields: [], condition: [], timespanMs: 25 * HOUR }, 'What is missed');
    expect(text).toContain('no entry has come for 1 day 1 hour after the last of each actor.id, once for each time.');
    expect(text).not.toContain('Key');
  });

  it('says what is new, and names no rule', () => {
    const rule = { type: 'first_seen', fields: ['client_ip'], condition: [{ op: 'gte', value: HOUR }] } as const;
    const text = card({ ...rule, timespanMs: 48 * HOUR }, 'What is new');
    expect(text).toContain('A value of client_ip that was not seen in 2 days, for each actor.id.');
    expect(text).toContain('What each of them has in the first 1 hour is learned without a match.');
    expect(text).not.toContain('Key');
  });

  it('links to the rules it refers to, and names removed ones by their ids', () => {
    expect(card({})).toContain('[/rules/made] Key <made>\n[/rules/read] Kubeconfig read\ngone\n');
  });

  it('lists the fields of each alias', () => {
    const text = card({ groupBy: ['key'], aliases: { key: { made: 'target.id', read: 'actor.id' } } });
    expect(text).toContain('key is target.id of Key <made>\nkey is actor.id of Kubeconfig read\n');
  });

  it.each([
    ['of a detection', detection('a', { expression: { kind: 'and', of: [LUNCH] } }), []],
    [
      'of the inner part of a rule',
      counting('a.inner', 1, { id: 'a' }),
      [detection('a.inner', { partOf: 'a', expression: LUNCH })],
    ],
    ['of a correlation', counting('a', 1, { filter: LUNCH }), []],
  ])('says when a rule matches: %s', (_, rule, inner) => {
    const setup = { routing: null, receivers: [] };
    const html = rulePage({ caller: CALLER, rule, activity: null, file: null, rules: [rule, ...inner], setup });
    expect(html).toContain('<span class="sub">only <bdi>during lunch (12:00-13:00 UTC)</bdi></span>');
  });

  it('shows what the rule’s author wrote as text', () => {
    const html = rulePage({
      caller: CALLER,
      rule: counting('<script>', 3, { groupBy: ['<b>'], fields: ['<i>'], aliases: { '<u>': { '<s>': '<q>' } } }),
      activity: null,
      file: null,
      rules: [],
      setup: { routing: null, receivers: [] },
    });
    expect(html).not.toMatch(/<(script>|b>|i>|u>|s>|q>)/);
  });
});

describe('the page of an alert', () => {
  it('has the number that completed the correlation', () => {
    const html = alertPage({
      caller: CALLER,
      details: alertDetails(),
      rule: null,
      isDisabled: false,
      others: null,
      linked: [],
      token: '',
      did: null,
      now: 0,
    });
    expect(html).toMatch(/Condition met: <bdi>3 different values of client_ip in 1 hour<\/bdi>/);
    expect(html.split('Condition met')).toHaveLength(2);
  });
});
