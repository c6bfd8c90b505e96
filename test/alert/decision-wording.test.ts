/** Every decision has words, and none shares them with another. */
import { describe, expect, it } from 'vitest';
import { decisionsWording, decisionWording, type ShownDecision } from '../../src/alert/decision-wording.ts';
import type { NotifyDecision, NotifyReason, SuppressReason } from '../../src/alert/notify.ts';

const NOTIFIES: { readonly [reason in NotifyReason]: true } = {
  'first match': true,
  'level raised': true,
  'new network': true,
  'count grown tenfold': true,
  'networks grown tenfold': true,
  'goes on, and nobody acted': true,
  'back after a quiet period': true,
};
const SUPPRESSES: { readonly [reason in SuppressReason]: true } = {
  backfilled: true,
  silenced: true,
  'late in a resolved alert': true,
  'from before the alert': true,
  "below the receiver's level": true,
  'no route': true,
  'outside active times': true,
  inhibited: true,
  acknowledged: true,
  deferred: true,
  grouped: true,
};

describe('decision wording', () => {
  it('every reason has words of its own', () => {
    const notify = Object.keys(NOTIFIES).map((reason) => decisionWording({ notify: true, kind: 'opened', reason }));
    const not = Object.keys(SUPPRESSES).map((reason) => decisionWording({ notify: false, reason }));
    expect(new Set([...notify, ...not]).size).toBe(notify.length + not.length);
    for (const words of notify) expect(words).toMatch(/^Notified: [a-z]/);
    for (const words of not) expect(words).toMatch(/^Not notified: [a-z]/);
  });

  it('names the receivers where they are decided about differently, and what inhibits', () => {
    const decisions: readonly (NotifyDecision & { receivers?: readonly string[] })[] = [
      { notify: true, kind: 'opened', reason: 'first match', receivers: ['slack', 'mail'] },
      { notify: false, reason: 'inhibited', by: 12, receivers: ['pager'] },
    ];
    expect(decisionsWording(decisions)).toBe(
      'Notified (slack, mail): opened the alert. Not notified (pager): inhibited by alert 12',
    );
    expect(decisionsWording([])).toBe('Not notified: there is no receiver');
  });

  it.each<[ShownDecision, string]>([
    [{ notify: false, reason: 'postponed' }, 'Not notified: postponed'],
    [{ notify: false, reason: '__proto__' }, 'Not notified: __proto__'],
    [{ notify: true, kind: 'opened', reason: 'first live match' }, 'Notified: first match that was not backfilled'],
    [{ notify: true, kind: 'updated', reason: 'count reached', count: 100 }, 'Notified: the alert reached 100 matches'],
    [
      { notify: false, reason: 'no receiver of its level' },
      "Not notified: no receiver's min_level includes this level",
    ],
  ])('of another version: %j', (decision, words) => {
    expect(decisionWording(decision)).toBe(words);
  });
});
