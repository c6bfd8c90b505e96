/** Every decision has words, and none shares them with another. */
import { describe, expect, it } from 'vitest';
import { closingWording, decisionWording } from '../../src/alert/decision-wording.ts';
import { decideClosing, decideNotification } from '../../src/alert/decisions.ts';

describe('decision wording', () => {
  const level = 'high';
  const slack = { name: 'slack', minLevel: 'low', problem: null } as const;
  const pager = { name: 'pager', minLevel: 'critical', problem: null } as const;

  it('about a match have words of their own', () => {
    const decisions = [
      decideNotification({ level, suppress: false, joins: null, receivers: [slack] }),
      decideNotification({ level, suppress: false, joins: { backfilled: true, count: 4 }, receivers: [slack] }),
      decideNotification({ level, suppress: false, joins: { backfilled: false, count: 9 }, receivers: [slack] }),
      decideNotification({ level, suppress: false, joins: { backfilled: false, count: 3 }, receivers: [slack] }),
      decideNotification({ level, suppress: true, joins: null, receivers: [slack] }),
      decideNotification({ level: 'informational', suppress: false, joins: null, receivers: [slack] }),
      decideNotification({ level, suppress: false, joins: null, receivers: [] }),
      decideNotification({ level, suppress: false, joins: null, receivers: [pager] }),
    ];
    expect(new Set(decisions.map((decision) => JSON.stringify(decision))).size).toBe(decisions.length);
    for (const decision of decisions) expect(decisionWording(decision)).toMatch(/^(Notified|Not notified): [a-z]/);
  });

  it('about a closing have words of their own', () => {
    const decisions = [
      decideClosing({ level, backfilled: false, count: 3, receivers: [slack] }),
      decideClosing({ level, backfilled: false, count: 1, receivers: [slack] }),
      decideClosing({ level, backfilled: true, count: 3, receivers: [slack] }),
      decideClosing({ level, backfilled: false, count: 3, receivers: [] }),
    ];
    expect(new Set(decisions.map((decision) => JSON.stringify(decision))).size).toBe(decisions.length);
    for (const decision of decisions) expect(closingWording(decision)).toMatch(/^(Notified|Not notified): [a-z]/);
  });

  it('of another version are shown by their reason', () => {
    expect(decisionWording({ notify: false, reason: 'postponed' })).toBe('Not notified: postponed');
    expect(closingWording({ notify: false, reason: '__proto__' })).toBe('Not notified: __proto__');
  });
});
