/** Beginning: which checkpoint counts, and an operator's order obeyed once. */
import { describe, expect, it } from 'vitest';
import { type Checkpoint, firstCheckpoint } from '../../../src/audit-log/checkpoint.ts';
import { startOrResumeScan } from '../../../src/audit-log/tail.ts';
import { takeDue } from '../../../src/ledger/deliver/outbox.ts';
import { createLedger } from '../../../src/ledger/record/ledger.ts';
import type { BeginInput } from '../../../src/ledger/rpc.ts';
import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import { compile } from '../../../src/sigma/index.ts';
import { ALLOWED_LATENESS, createScene, DAY, entry, HOUR, MINUTE, NOON } from '../scene.ts';

function empty() {
  const store = nodeStore();
  const ledger = createLedger(store, {
    engine: compile({ version: 'one', rules: [] }),
    allowedLatenessMs: ALLOWED_LATENESS,
    retentionMs: 30 * DAY,
    blindAfterMs: 15 * MINUTE,
    receivers: [],
  });
  return { store, ledger };
}

const ASKED: BeginInput = { kv: { checkpoint: null, rewind: null }, startAt: NOON - HOUR, suppressFirstRead: false };
const asked = (checkpoint: Checkpoint | null, more: Partial<BeginInput> = {}): BeginInput => ({
  ...ASKED,
  kv: { checkpoint, rewind: null },
  ...more,
});

describe('a new ledger', () => {
  it('starts where it is told', () => {
    const begun = empty().ledger.begin(ASKED, NOON);
    expect(begun).toEqual({ how: 'first start', checkpoint: { ...firstCheckpoint(NOON - HOUR, null), version: 0 } });
  });
  it('starts in silence where asked, up to now', () => {
    expect(empty().ledger.begin({ ...ASKED, suppressFirstRead: true }, NOON).checkpoint.suppressBefore).toBe(NOON);
  });
  it('takes KV’s checkpoint before that', () => {
    const found = firstCheckpoint(NOON - 3 * HOUR, null);
    const begun = empty().ledger.begin(asked(found, { suppressFirstRead: true }), NOON);
    expect(begun).toEqual({ how: 'adopted from KV', checkpoint: { ...found, version: 1 } });
  });
  it('throws where KV, in which its checkpoint may lie, can’t be read; and has not begun', () => {
    const { ledger } = empty();
    expect(() => ledger.begin({ ...ASKED, kv: null }, NOON)).toThrow('cannot be read');
    expect(ledger.begin(ASKED, NOON).how).toBe('first start');
  });
  it('takes no checkpoint from KV that has seen the future', () => {
    const found = firstCheckpoint(NOON + DAY, null);
    const begun = empty().ledger.begin(asked(found), NOON);
    expect(begun).toMatchObject({ how: 'first start', checkpoint: { watermark: NOON - HOUR } });
    const near = firstCheckpoint(NOON - MINUTE, null);
    expect(empty().ledger.begin(asked(near), NOON).checkpoint.watermark).toBe(NOON - ALLOWED_LATENESS);
  });

  const walking = (more: Readonly<Record<string, unknown>>): Checkpoint => {
    const at = startOrResumeScan(firstCheckpoint(NOON - HOUR, null));
    return { ...at, scan: { ...at.scan, cursor: 'a', began: NOON - MINUTE, ...more } } as Checkpoint;
  };
  it.each([
    ['goes on with KV’s walk', walking({ direction: 'forward' }), true],
    ['leaves one that comes newest first: its stage is lost', walking({ direction: 'backward' }), false],
    ['leaves one that was draining', walking({ flushing: true }), false],
    ['leaves one that claims to have begun next year', walking({ began: NOON + 365 * DAY }), false],
  ])('%s', (_, found, resumeCursor) => {
    expect(empty().ledger.begin(asked(found), NOON).checkpoint.scan !== null).toBe(resumeCursor);
  });

  it('takes nothing else before it has begun', () => {
    const { ledger, store } = empty();
    expect(() => ledger.flush(0, 100, NOON)).toThrow('begin() comes first');
    expect(ledger.nextAlarmAt(NOON)).toBeNull();
    expect(ledger.status(NOON)).toMatchObject({ watching: 'not begun', checkpoint: null, counters: null });
    ledger.watchdog(NOON + DAY);
    expect(takeDue(store, 10, NOON + DAY)).toEqual([]);
  });
});

describe('a ledger that has begun', () => {
  it('goes on, whatever KV holds', () => {
    const { ledger, checkpoint } = createScene();
    for (const at of [NOON + DAY, NOON - DAY]) {
      expect(ledger.begin(asked(firstCheckpoint(at, null)), NOON)).toEqual({
        how: 'resumed',
        checkpoint: checkpoint(),
      });
    }
    expect(ledger.begin({ ...ASKED, kv: null }, NOON).how).toBe('resumed');
  });

  it('writes nothing to begin', () => {
    const { ledger, written } = createScene();
    expect(written(() => ledger.begin(ASKED, NOON))).toBe(0);
  });
});

describe('a rewind', () => {
  const order = (id: string, to: number, suppress = false): BeginInput => ({
    ...ASKED,
    kv: { checkpoint: null, rewind: { id, to, suppress } },
  });

  it('is obeyed once, by whoever reads it, for as long as it lies in KV', () => {
    const { ledger, record, reopened } = createScene();
    record([], { save: true });
    expect(ledger.begin(order('a', NOON - 30 * MINUTE), NOON)).toMatchObject({
      how: 'rewound',
      checkpoint: { watermark: NOON - 30 * MINUTE, scan: null },
    });
    record([], { save: true });
    expect(ledger.begin(order('a', NOON - 30 * MINUTE), NOON).how).toBe('resumed');
    expect(reopened().ledger.begin(order('a', NOON - 30 * MINUTE), NOON).how).toBe('resumed');
  });

  it('overtakes a poll that was on its way', () => {
    const { ledger, checkpoint } = createScene();
    const { version } = checkpoint();
    ledger.begin(order('a', NOON - 2 * HOUR), NOON);
    expect(checkpoint().version).toBe(version + 1);
  });

  it('goes back from where quiet batches have come to', () => {
    const { ledger, record } = createScene();
    record([], { save: true });
    record([], { now: NOON + MINUTE });
    const { checkpoint } = ledger.begin(order('a', NOON - 2 * HOUR, true), NOON + MINUTE);
    expect(checkpoint.suppressBefore).toBe(NOON + MINUTE - ALLOWED_LATENESS);
  });

  it('records what it finds, and knows what it has', () => {
    const { ledger, record } = createScene();
    record([entry('a', NOON - 10 * MINUTE)]);
    ledger.begin(order('a', NOON - 3 * HOUR), NOON);
    expect(record([entry('old', NOON - 2 * HOUR), entry('a', NOON - 10 * MINUTE)])).toMatchObject({
      recorded: 1,
      known: 1,
    });
  });

  it('is remembered for fifty more', () => {
    const { ledger } = createScene();
    for (let i = 0; i < 50; i++) ledger.begin(order(`r${i}`, NOON - 2 * HOUR - i), NOON);
    expect(ledger.begin(order('r0', NOON - 2 * HOUR), NOON).how).toBe('resumed');
    ledger.begin(order('r50', NOON - 4 * HOUR), NOON);
    expect(JSON.stringify(ledger.status(NOON)).length).toBeLessThan(10_000);
  });
});
