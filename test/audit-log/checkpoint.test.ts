/** The checkpoint as a value, and as text for people to read and edit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, firstCheckpoint, rewound } from '../../src/audit-log/checkpoint.ts';
import { checkpointFrom, checkpointText, rewindFrom, rewindText } from '../../src/audit-log/checkpoint-text.ts';
import { startOrResumeScan } from '../../src/audit-log/tail.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 0, 5, 12);

describe('a rewind', () => {
  const checkpoint: Checkpoint = {
    ...startOrResumeScan(firstCheckpoint(NOON - HOUR, null)),
    watermark: NOON,
    resumeCursor: { query: {}, cursor: 'a', skip: null, fallback: null },
  };

  it('goes back, and drops the scan and the resume cursor', () => {
    expect(rewound(checkpoint, NOON - HOUR / 2, false)).toMatchObject({
      watermark: NOON - HOUR / 2,
      floor: NOON - HOUR,
      scan: null,
      resumeCursor: null,
      suppressBefore: null,
    });
  });
  it.each([
    ['before it covers the gap', NOON - HOUR, null],
    ['where it begins covers it', NOON - HOUR / 2, null],
    ['into it leaves it', NOON - HOUR / 4, { from: NOON - HOUR / 2, to: NOON - HOUR / 4, scansLeft: 9 }],
  ])('%s', (_, to, left) => {
    const gap = { from: NOON - HOUR / 2, to: NOON - HOUR / 4, scansLeft: 9 };
    expect(rewound({ ...checkpoint, gap }, to, false).gap).toEqual(left);
  });
  it('lowers the floor if it goes before it', () => {
    expect(rewound(checkpoint, NOON - 2 * HOUR, false).floor).toBe(NOON - 2 * HOUR);
  });
  it.each([NOON, NOON + 1, NOON + HOUR])('never skips ahead', (to) => {
    expect(rewound(checkpoint, to, true)).toBe(checkpoint);
  });
  it('with suppress, suppresses everything before the watermark', () => {
    expect(rewound(checkpoint, NOON - HOUR, true).suppressBefore).toBe(NOON);
  });
  it('with suppress, keeps the suppression of a first start', () => {
    const suppressFirstRead = firstCheckpoint(NOON - HOUR, NOON);
    expect(rewound(suppressFirstRead, NOON - 2 * HOUR, true).suppressBefore).toBe(NOON);
    const inProgress = { ...startOrResumeScan(suppressFirstRead), suppressBefore: null };
    expect(rewound(inProgress, NOON - 2 * HOUR, true).suppressBefore).toBe(NOON);
  });
});

describe('the checkpoint in KV', () => {
  it('is read as it was written, except its version', () => {
    const time = fc.integer({ min: 0, max: 4e12 });
    const maybe = fc.option(time);
    const direction = fc.constantFrom('unknown' as const, 'forward' as const, 'backward' as const);
    const query = fc.record(
      { sort: fc.string(), created_at_min: fc.string(), created_at_max: fc.string() },
      { requiredKeys: [] },
    );
    const scan = fc.record({
      from: time,
      query,
      cursor: fc.option(fc.string()),
      limit: fc.integer({ min: 10, max: 100 }),
      began: maybe,
      head: maybe,
      steps: fc.nat(),
      brentCheckpoint: fc.option(fc.string()),
      direction,
      sawAscending: fc.boolean(),
      sawDescending: fc.boolean(),
      stepsUp: fc.nat(),
      stepsDown: fc.nat(),
      first: fc.array(time),
      last: fc.array(time),
      staged: fc.boolean(),
      cursorsLost: fc.nat(),
      frontierThen: maybe,
      deep: fc.boolean(),
      unreadBefore: maybe,
      filtered: fc.boolean(),
      reached: maybe,
      frontier: maybe,
      followed: fc.nat(),
      endedEarly: fc.boolean(),
      emptyEnd: fc.option(fc.record({ after: maybe, ticks: fc.nat(), isHere: fc.boolean() })),
      goesOn: fc.option(fc.record({ at: time, to: fc.option(time) })),
      old: fc.nat(),
      resumeCursorAt: fc.nat(),
      flushing: fc.boolean(),
      suppressBefore: maybe,
    });
    const checkpoint = fc.record({
      version: fc.nat(),
      watermark: time,
      lastBegan: maybe,
      floor: fc.constant(0),
      scan: fc.option(scan),
      resumeCursor: fc.option(
        fc.record({ query, cursor: fc.string(), skip: fc.option(fc.nat()), fallback: fc.option(fc.string()) }),
      ),
      direction,
      unfilteredUpstream: fc.boolean(),
      suppressBefore: maybe,
      gap: fc.option(fc.record({ from: time, to: time, scansLeft: fc.nat() })),
      roughUntil: maybe,
    });
    fc.assert(
      fc.property(checkpoint, (value) => {
        expect(checkpointFrom(checkpointText(value))).toEqual({ ok: true, value: { ...value, version: 0 } });
      }),
    );
  });

  it('has its times in RFC 3339', () => {
    const text = checkpointText(firstCheckpoint(NOON, null));
    expect(JSON.parse(text)).toMatchObject({
      watermark: '2026-01-05T12:00:00.000Z',
      floor: '2026-01-05T12:00:00.000Z',
    });
  });

  it('may be written by hand: watermark is enough', () => {
    expect(checkpointFrom('{"watermark":"2026-01-05T13:00:00+01:00"}')).toEqual({
      ok: true,
      value: firstCheckpoint(NOON, null),
    });
  });

  it('has no floor above its watermark', () => {
    const text = '{"watermark":"2026-01-05T12:00:00Z","floor":"2026-01-06T12:00:00Z"}';
    expect(checkpointFrom(text)).toMatchObject({ ok: true, value: { floor: NOON } });
  });

  const wrong: readonly [string, string][] = [
    ['text that is not JSON', '{'],
    ['an empty text', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number for a time', '{"watermark":1767614400000}'],
    ['a day for a time', '{"watermark":"2026-01-05"}'],
    ['a number as text for a time', '{"watermark":"12"}'],
    ['a time outside RFC 3339', '{"watermark":"+275760-09-13T00:00:00.000Z"}'],
    ['a time before the year 0', '{"watermark":"-271821-04-20T00:00:00.000Z"}'],
    ['an impossible day', '{"watermark":"2026-02-30T00:00:00Z"}'],
    ['a time without its offset', '{"watermark":"2026-01-05T12:00:00"}'],
    ['a limit the upstream refuses', checkpointText(withScan({ limit: 1000 }))],
    ['an infinite time', '{"watermark":"2026-01-05T12:00:00Z","suppressBefore":1e999}'],
    ['a scan that began beyond all dates', checkpointText(withScan({ began: 1e300 }))],
  ];
  it.each(wrong)('rejects %s', (_, text) => {
    expect(checkpointFrom(text).ok).toBe(false);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof checkpointFrom(text).ok === 'boolean'));
  });
});

function withScan(more: Readonly<Record<string, unknown>>): Checkpoint {
  const at = startOrResumeScan(firstCheckpoint(NOON, null));
  return { ...at, scan: { ...at.scan, ...more } } as Checkpoint;
}

describe('the rewind in KV', () => {
  it('is read as it was written', () => {
    const order = { id: 'monday', to: NOON, suppress: true };
    expect(rewindFrom(rewindText(order))).toEqual({ ok: true, value: order });
  });
  it('suppresses nothing unless asked', () => {
    expect(rewindFrom('{"id":"a","to":"2026-01-05T12:00:00Z"}')).toMatchObject({
      ok: true,
      value: { suppress: false },
    });
  });
  it.each([
    ['no id', '{"to":"2026-01-05T12:00:00Z"}'],
    ['an empty id', '{"id":"","to":"2026-01-05T12:00:00Z"}'],
    ['an id that is too long', `{"id":"${'x'.repeat(101)}","to":"2026-01-05T12:00:00Z"}`],
    ['a number for an id', '{"id":1,"to":"2026-01-05T12:00:00Z"}'],
    ['words for a time', '{"id":"a","to":"an hour ago"}'],
    ['a time before the year 0', '{"id":"a","to":"-000001-01-01T00:00:00Z"}'],
    ['a word for a flag', '{"id":"a","to":"2026-01-05T12:00:00Z","suppress":"yes"}'],
  ])('rejects %s', (_, text) => {
    expect(rewindFrom(text).ok).toBe(false);
  });
});
