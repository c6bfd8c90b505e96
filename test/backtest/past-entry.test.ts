import { describe, expect, it } from 'vitest';
import { pastEntries } from '../../src/backtest/past-entry.ts';

const BODY = { id: 'e1', created_at: '2026-01-05T12:00:00Z', action: 'vm.deleted' };
const AT = Date.UTC(2026, 0, 5, 12);
const READ = { began: AT + 60_000, horizon: AT - 240_000, suppressBefore: null };

describe('entries of an export', () => {
  it("are lines of Tocsin's own", () => {
    const line = {
      seq: 7,
      revision: 1,
      occurredAt: AT - 5,
      mark: 'missing',
      read: { ...READ, rules: 'one' },
      entry: BODY,
    };
    expect(pastEntries(line)).toEqual([
      { id: 'e1', createdAt: AT, body: BODY, seq: 7, revision: 1, occurredAt: AT - 5, mark: 'missing', read: READ },
    ]);
    const known = { id: 'e1', createdAt: AT, body: BODY, seq: 7, revision: 0, occurredAt: AT, mark: null };
    expect(pastEntries({ seq: 7, read: null, entry: BODY })).toEqual([known]);
    const suppressed = { ...READ, suppressBefore: AT };
    expect(pastEntries({ seq: 7, read: suppressed, entry: BODY })).toEqual([{ ...known, read: suppressed }]);
  });

  it("are the API's: one, a page, a list", () => {
    const entry = { id: 'e1', createdAt: AT, occurredAt: AT, body: BODY };
    expect(pastEntries(BODY)).toEqual([entry]);
    expect(pastEntries({ items: [BODY, BODY], pagination: { next_cursor: null } })).toEqual([entry, entry]);
    expect(pastEntries([BODY])).toEqual([entry]);
    expect(pastEntries({ items: [] })).toEqual([]);
    // It may have a field of that name.
    expect(pastEntries({ ...BODY, items: [1] })).toMatchObject([{ id: 'e1' }]);
    expect(pastEntries({ ...BODY, seq: 3 })).toMatchObject([{ id: 'e1', occurredAt: AT }]);
  });

  it("of the API's, those that Tocsin's own reads left are marked", () => {
    const by = (agent: unknown) => pastEntries({ ...BODY, user_agent: agent });
    expect(by('Tocsin/0.1.0 (m5x2q.1z.0123456789abcdef0123)')).toMatchObject([{ mark: 'own' }]);
    expect(by('Tocsin/0.1.0')).toMatchObject([{ mark: 'own' }]);
    for (const agent of ['curl/8', 7, null]) expect(by(agent)).not.toHaveProperty('0.mark');
  });

  it.each([
    [{ id: 'e1' }, 'no created_at'],
    [{ created_at: BODY.created_at }, 'no id'],
    [{ ...BODY, created_at: 'yesterday' }, 'unreadable created_at'],
    [7, 'not an object'],
    [null, 'not an object'],
    [{ seq: 7, entry: null }, 'damaged in the ledger'],
    [{ seq: 7, entry: 'x' }, 'not an object'],
  ])('are not %j', (value, problem) => {
    expect(pastEntries(value)).toMatchObject([{ problem }]);
  });
});
