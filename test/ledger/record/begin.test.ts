/** Beginning: which checkpoint counts, and a rewind that is applied once. */
import { describe, expect, it } from 'vitest';
import { type Checkpoint, firstCheckpoint } from '../../../src/audit-log/checkpoint.ts';
import { startOrResumeScan } from '../../../src/audit-log/tail.ts';
import { take } from '../../../src/ledger/deliver/outbox.ts';
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
  it('starts at START_AT', () => {
    const begun = empty().ledger.begin(ASKED, NOON);
    expect(begun).toEqual({
      how: 'first start',
      waitMs: 0,
      reread: null,
      checkpoint: { ...firstCheckpoint(NOON - HOUR, null), version: 0 },
    });
  });
  it('starts now if START_AT is in the future: it would watch nothing until then', () => {
    const begun = empty().ledger.begin({ ...ASKED, startAt: NOON + DAY }, NOON);
    expect(begun.checkpoint).toMatchObject({ floor: NOON, watermark: NOON });
  });
  it('suppresses notifications up to now if asked', () => {
    expect(empty().ledger.begin({ ...ASKED, suppressFirstRead: true }, NOON).checkpoint.suppressBefore).toBe(NOON);
  });
  it('prefers KV’s checkpoint', () => {
    const found = firstCheckpoint(NOON - 3 * HOUR, null);
    const begun = empty().ledger.begin(asked(found, { suppressFirstRead: true }), NOON);
    expect(begun).toEqual({ how: 'adopted from KV', waitMs: 0, reread: null, checkpoint: { ...found, version: 1 } });
  });
  it('throws if KV can’t be read, and has not begun', () => {
    const { ledger } = empty();
    expect(() => ledger.begin({ ...ASKED, kv: null }, NOON)).toThrow('cannot be read');
    expect(ledger.begin(ASKED, NOON).how).toBe('first start');
  });
  it('takes no checkpoint from KV that is in the future', () => {
    const found = firstCheckpoint(NOON + DAY, null);
    const begun = empty().ledger.begin(asked(found), NOON);
    expect(begun).toMatchObject({ how: 'first start', checkpoint: { watermark: NOON - HOUR } });
    const near = firstCheckpoint(NOON - MINUTE, null);
    expect(empty().ledger.begin(asked(near), NOON).checkpoint.watermark).toBe(NOON - ALLOWED_LATENESS);
  });

  const scanning = (more: Readonly<Record<string, unknown>>): Checkpoint => {
    const at = startOrResumeScan(firstCheckpoint(NOON - HOUR, null));
    return { ...at, scan: { ...at.scan, cursor: 'a', began: NOON - MINUTE, ...more } } as Checkpoint;
  };
  it.each([
    ['resumes KV’s scan', scanning({ direction: 'forward' }), true],
    ['drops a newest-first scan, whose staged entries are lost', scanning({ direction: 'backward' }), false],
    ['drops a scan that was flushing', scanning({ flushing: true }), false],
    ['drops a scan that claims to have begun next year', scanning({ began: NOON + 365 * DAY }), false],
  ])('%s', (_, found, resumeCursor) => {
    expect(empty().ledger.begin(asked(found), NOON).checkpoint.scan !== null).toBe(resumeCursor);
  });

  it('refuses other calls before it has begun', () => {
    const { ledger, store } = empty();
    expect(() => ledger.flush(0, 100, NOON)).toThrow('begin() comes first');
    expect(ledger.nextAlarmAt(NOON)).toBeNull();
    expect(ledger.status(NOON)).toMatchObject({ watching: 'not begun', checkpoint: null, counters: null });
    ledger.watchdog(NOON + DAY);
    expect(take(store, 'slack', NOON + DAY)).toEqual({ kind: 'nothing' });
  });
});

describe('a ledger that has begun', () => {
  it('resumes, whatever KV holds', () => {
    const { ledger, checkpoint } = createScene();
    for (const at of [NOON + DAY, NOON - DAY]) {
      expect(ledger.begin(asked(firstCheckpoint(at, null)), NOON)).toEqual({
        how: 'resumed',
        waitMs: 0,
        reread: null,
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

  it('is applied once, however often it is read from KV', () => {
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

  it('overtakes a running poll', () => {
    const { ledger, checkpoint } = createScene();
    const { version } = checkpoint();
    ledger.begin(order('a', NOON - 2 * HOUR), NOON);
    expect(checkpoint().version).toBe(version + 1);
  });

  it('starts from what quiet batches have reached', () => {
    const { ledger, record } = createScene();
    record([], { save: true });
    record([], { now: NOON + MINUTE });
    const { checkpoint } = ledger.begin(order('a', NOON - 2 * HOUR, true), NOON + MINUTE);
    expect(checkpoint.suppressBefore).toBe(NOON + MINUTE - ALLOWED_LATENESS);
  });

  it('records what it finds, and recognizes known entries', () => {
    const { ledger, record } = createScene();
    record([entry('a', NOON - 10 * MINUTE)]);
    ledger.begin(order('a', NOON - 3 * HOUR), NOON);
    expect(record([entry('old', NOON - 2 * HOUR), entry('a', NOON - 10 * MINUTE)])).toMatchObject({
      recorded: 1,
      known: 1,
    });
  });

  it('is remembered for fifty further rewinds', () => {
    const { ledger } = createScene();
    for (let i = 0; i < 50; i++) ledger.begin(order(`r${i}`, NOON - 2 * HOUR - i), NOON);
    expect(ledger.begin(order('r0', NOON - 2 * HOUR), NOON).how).toBe('resumed');
    ledger.begin(order('r50', NOON - 4 * HOUR), NOON);
    expect(JSON.stringify(ledger.status(NOON)).length).toBeLessThan(10_000);
  });
});

describe('a Retry-After', () => {
  const failed = (retryAfterMs: number | null) => ({ kind: 'upstream', message: 'later', retryAfterMs }) as const;
  const waits = (scene: ReturnType<typeof createScene>, now: number) => scene.ledger.begin(ASKED, now).waitMs;

  it.each([
    [10 * MINUTE, 10 * MINUTE],
    [0, 0],
    [null, 0],
    [300 * DAY, HOUR],
    [Number.POSITIVE_INFINITY, HOUR],
  ])('of %s ms is kept for %s ms, and then over', (asked, kept) => {
    const scene = createScene();
    scene.ledger.recordFailedTick(failed(asked), NOON);
    expect([waits(scene, NOON), waits(scene.reopened(), NOON + kept - 1), waits(scene, NOON + kept)]).toEqual([
      kept,
      kept === 0 ? 0 : 1,
      0,
    ]);
  });

  it('is not forgotten for another tick, which overlapped: neither for its failure, a shorter wait, nor its success', () => {
    const scene = createScene();
    scene.ledger.recordFailedTick(failed(10 * MINUTE), NOON);
    scene.ledger.recordFailedTick(failed(null), NOON + 1);
    scene.ledger.recordFailedTick(failed(MINUTE), NOON + 2);
    scene.record([entry('a', NOON)], { now: NOON + 3 });
    expect(scene.ledger.status(NOON + 3).failure).toBeNull();
    expect(waits(scene, NOON + 3)).toBe(10 * MINUTE - 3);
    scene.record([entry('b', NOON)], { now: NOON + 10 * MINUTE });
    expect(waits(scene, NOON + 10 * MINUTE)).toBe(0);
  });

  it('ends where our clock was hours ahead when it was asked for, and is right again', () => {
    const scene = createScene();
    scene.ledger.recordFailedTick(failed(5 * MINUTE), NOON + 5 * HOUR);
    expect(waits(scene, NOON)).toBe(0);
  });
});
