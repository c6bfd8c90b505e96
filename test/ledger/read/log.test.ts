import { describe, expect, it } from 'vitest';
import type { LogQuery } from '../../../src/ledger/rpc.ts';
import { createScene, deleted, entries, MINUTE, NOON, onAction, SECOND } from '../scene.ts';

const QUERY: LogQuery = { after: null, since: null, until: null, most: null };

function scene() {
  const made = createScene([onAction('vm.deleted')]);
  const lines = (query: Partial<LogQuery> = {}) =>
    made.views
      .logLines({ ...QUERY, ...query })
      .split('\n')
      .filter((line) => line !== '')
      // biome-ignore lint/suspicious/noExplicitAny: JSON that tests take apart
      .map((line): any => JSON.parse(line));
  const ids = (query: Partial<LogQuery> = {}) => lines(query).map(({ entry }) => entry.id);
  return { ...made, lines, ids };
}

describe('the log by number', () => {
  it('is nothing where nothing is recorded', () => {
    expect(scene().views.logLines(QUERY)).toBe('');
  });

  it('has each entry with what a replay needs', () => {
    const { record, lines } = scene();
    record([deleted('d1', NOON - SECOND)], { suppressBefore: NOON - MINUTE });
    record([deleted('d1', NOON - SECOND, 'bob')], { began: NOON + MINUTE, horizon: NOON - 7 });
    const read = { began: NOON, horizon: NOON - 5 * MINUTE, suppressBefore: NOON - MINUTE, rules: 'one' };
    expect(lines()).toEqual([
      { seq: 1, revision: 0, occurredAt: NOON - SECOND, read, entry: JSON.parse(deleted('d1', NOON - SECOND).text) },
      {
        ...{ seq: 2, revision: 1, occurredAt: NOON - SECOND },
        read: { ...read, began: NOON + MINUTE, horizon: NOON - 7, suppressBefore: null },
        entry: JSON.parse(deleted('d1', NOON - SECOND, 'bob').text),
      },
    ]);
  });

  it('says of an entry that it was cut, and what its mark shows', () => {
    const { record, store, lines } = scene();
    record([deleted('d1', NOON, 'alice', { note: 'x'.repeat(70_000) }), deleted('d2', NOON)]);
    store.run("UPDATE entries SET mark = 'own' WHERE seq = 2");
    expect(lines().map(({ cut, mark }) => [cut, mark])).toEqual([
      [true, undefined],
      [undefined, 'own'],
    ]);
  });

  it('stays readable where an entry is damaged, or its batch was evicted', () => {
    const { record, store, lines } = scene();
    record(entries(3, NOON, 1));
    store.run('UPDATE entries SET body = \'{"id":\' WHERE seq = 2');
    expect(lines().map(({ entry }) => entry?.id ?? null)).toEqual(['e00000', null, 'e00002']);
    store.run('DELETE FROM batches');
    expect(lines().map(({ read }) => read)).toEqual([null, null, null]);
  });

  it('goes on after a number, in pages', () => {
    const { record, ids } = scene();
    for (let i = 0; i < 25; i++)
      record(entries(100, NOON - 30 * MINUTE + i * SECOND, 1, `p${String(i).padStart(2, '0')}`));
    const all: string[] = [];
    const sizes: number[] = [];
    for (let page = ids(); page.length > 0; page = ids({ after: all.length })) {
      sizes.push(page.length);
      all.push(...page);
    }
    expect(sizes).toEqual([1_000, 1_000, 500]);
    expect(new Set(all).size).toBe(2_500);
    expect(all.toSorted()).toEqual(all);
    expect(ids({ after: 2_400, most: 7 })).toEqual(all.slice(2_400, 2_407));
    expect(ids({ most: 250 })).toEqual(all.slice(0, 250));
  });

  it('has fewer entries in a page where they are large', () => {
    const { record, ids } = scene();
    const large = { note: 'x'.repeat(60_000) };
    for (let i = 0; i < 3; i++)
      record(Array.from({ length: 100 }, (_, n) => deleted(`d${i}-${n}`, NOON + i * 100 + n, 'alice', large)));
    const sizes: number[] = [];
    for (let after = 0, page = ids(); page.length > 0; page = ids({ after })) {
      sizes.push(page.length);
      after += page.length;
    }
    expect(sizes).toEqual([100, 100, 100]);
  });

  it('is of the time in which it was read', () => {
    const { record, ids } = scene();
    for (let i = 0; i < 9; i++) record([deleted(`d${i}`, NOON + i * MINUTE - SECOND)], { began: NOON + i * MINUTE });
    expect(ids({ since: NOON + 6 * MINUTE })).toEqual(['d6', 'd7', 'd8']);
    expect(ids({ since: NOON + 6 * MINUTE + 1 })).toEqual(['d7', 'd8']);
    expect(ids({ until: NOON + 2 * MINUTE })).toEqual(['d0', 'd1']);
    expect(ids({ since: NOON + MINUTE, until: NOON + 3 * MINUTE })).toEqual(['d1', 'd2']);
    expect(ids({ since: NOON + 99 * MINUTE })).toEqual([]);
    expect(ids({ until: NOON })).toEqual([]);
    expect(ids({ since: 0 })).toHaveLength(9);
    expect(ids({ after: 7, since: NOON })).toEqual(['d7', 'd8']);
  });
});

describe('acts by number', () => {
  it('have the alert that they are of', () => {
    const { record, ledger, views } = scene();
    record([deleted('d1', NOON), deleted('d2', NOON, 'bob')]);
    const by = { who: 'ada', via: 'api', seenLevel: null };
    ledger.act({ alerts: [2], act: { act: 'acknowledge', comment: 'on it' }, ...by }, NOON + SECOND);
    record([deleted('d3', NOON + MINUTE)], { began: NOON + MINUTE, now: NOON + MINUTE });
    ledger.act({ alerts: [1], act: { act: 'resolve', reason: 'expected', comment: null }, ...by }, NOON + 2 * MINUTE);
    const { acts } = views.actLog(null);
    expect(acts).toEqual([
      {
        ...{
          id: 1,
          seq: 2,
          at: NOON + SECOND,
          act: 'acknowledge',
          who: 'ada',
          via: 'api',
          detail: '{"comment":"on it"}',
        },
        ...{ alert: 2, rule: 'vm.deleted', key: '{"actor.id":"bob"}', firstAt: NOON },
      },
      {
        ...{
          id: 2,
          seq: 3,
          at: NOON + 2 * MINUTE,
          act: 'resolve',
          who: 'ada',
          via: 'api',
          detail: '{"reason":"expected"}',
        },
        ...{ alert: 1, rule: 'vm.deleted', key: '{"actor.id":"alice"}', firstAt: NOON },
      },
    ]);
    expect(views.actLog(1).acts.map(({ id }) => id)).toEqual([2]);
    expect(views.actLog(2).acts).toEqual([]);
  });
});
