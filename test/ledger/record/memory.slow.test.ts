/** What the ledger keeps in memory does not grow with what it has recorded. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { parsePage } from '../../../src/audit-log/page.ts';
import { toIncoming } from '../../../src/poller/batching.ts';
import { ruleSet } from '../../../src/rules.gen.ts';
import { answeredAt } from '../../support/answer-times.ts';
import { SEEDED_DAYS, seededLog } from '../../support/seeded-log.ts';
import { createScene, DAY, NOON } from '../scene.ts';

const PAGE = 100;
/** An entry that left a kilobyte would make it 200 MB. */
const GROWTH_MAX_BYTES = 12_000_000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

it('200,000 entries with the shipped rules leave nothing there', () => {
  const { records } = seededLog(NOON);
  const scene = createScene([...ruleSet.rules]);
  const rewind = { id: 'all', to: NOON - (SEEDED_DAYS + 1) * DAY, suppress: false };
  scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: NOON, suppressFirstRead: false }, NOON);
  const read = (round: number): void => {
    for (let i = 0; i < records.length; i += PAGE) {
      const items = records.slice(i, i + PAGE).map(({ body }) => {
        const of = body as { readonly id: string };
        return { ...of, id: `${round} ${of.id}` };
      });
      const { entries } = toIncoming(parsePage({ items }, answeredAt(NOON)));
      scene.record(entries, { ends: false });
    }
  };
  read(1);
  const before = heapBytes();
  read(2);
  read(3);
  expect(scene.count('entries')).toBeGreaterThan(250_000);
  expect(heapBytes() - before).toBeLessThan(GROWTH_MAX_BYTES);
}, 120_000);
