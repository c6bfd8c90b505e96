/** How late entries are, as far as it is proven; and the health alerts about it. */
import { describe, expect, it } from 'vitest';
import type { AnswerTimes } from '../../../src/audit-log/clocks.ts';
import { measureLateness, recentLateness, withLateness } from '../../../src/ledger/health/lateness.ts';
import { answeredAt } from '../../support/answer-times.ts';
import { ALLOWED_LATENESS, createScene, DAY, entry, HOUR, MINUTE, NOON, type Scene, SECOND } from '../scene.ts';

const READ = {
  watermark: NOON - ALLOWED_LATENESS,
  lastBegan: NOON,
  readFrom: NOON - HOUR,
  allowedLatenessMs: ALLOWED_LATENESS,
};
const at = (...times: number[]) => times.map((createdAt) => ({ createdAt }));

describe('lateness', () => {
  it.each([
    ['created after the last scan began: not late', [NOON + 1], null, null],
    ['created with it', [NOON], null, null],
    ['not shown by the last scan', [NOON - 10 * SECOND], [10 * SECOND, 70 * SECOND], null],
    ['late by all that is allowed', [NOON - ALLOWED_LATENESS], [5 * MINUTE, 6 * MINUTE], null],
    [
      'a millisecond before the watermark',
      [NOON - ALLOWED_LATENESS - 1],
      [5 * MINUTE, 6 * MINUTE + 1],
      [1, 6 * MINUTE + 1],
    ],
    [
      'many: the latest of them',
      [NOON - 20 * MINUTE, NOON - HOUR, NOON - 30 * MINUTE],
      [5 * MINUTE, 61 * MINUTE],
      [3, 61 * MINUTE],
    ],
    ['from before this ledger read', [NOON - HOUR - 1], null, null],
  ])('%s', (_, times, latest, beyond) => {
    const measured = measureLateness(at(...times), READ, NOON + MINUTE);
    const [atLeastMs, atMostMs] = latest ?? [];
    expect(measured.latest).toEqual(latest === null ? null : { atLeastMs, atMostMs });
    expect(measured.beyond).toEqual(beyond === null ? null : { count: beyond[0], atMostMs: beyond[1] });
  });

  it('is not known before a scan has ended', () => {
    const first = { ...READ, watermark: NOON - HOUR, lastBegan: null };
    expect(measureLateness(at(NOON - HOUR, NOON - MINUTE), first, NOON)).toEqual({ latest: null, beyond: null });
  });

  it('is measured from the last scan, however long no tick ran', () => {
    const { latest } = measureLateness(at(NOON - SECOND, NOON + HOUR), READ, NOON + 2 * HOUR);
    expect(latest).toEqual({ atLeastMs: SECOND, atMostMs: 2 * HOUR + SECOND });
  });

  it('that a raised allowance would have caught is nothing to set', () => {
    const raised = { ...READ, allowedLatenessMs: HOUR };
    expect(measureLateness(at(NOON - 6 * MINUTE), raised, NOON).beyond).toBeNull();
  });

  it('of the last 24 hours: the latest of each hour', () => {
    const late = (minutes: number) => ({ atLeastMs: minutes * MINUTE, atMostMs: minutes * MINUTE + 1 });
    let hours = withLateness([], late(3), NOON);
    hours = withLateness(hours, late(2), NOON + MINUTE);
    hours = withLateness(hours, null, NOON + HOUR);
    hours = withLateness(hours, late(1), NOON + 20 * HOUR);
    expect(recentLateness(hours, NOON + 20 * HOUR)).toEqual(late(3));
    expect(recentLateness(hours, NOON + 24 * HOUR)).toEqual(late(1));
    expect(recentLateness(hours, NOON + 44 * HOUR)).toBeNull();
    let bounded: typeof hours = [];
    for (let hour = 0; hour < 100; hour++) bounded = withLateness(bounded, late(hour), NOON + hour * HOUR);
    expect(bounded).toHaveLength(24);
  });
});

/** The open health alerts about what was read. */
function open({ ledger }: Scene, now: number): string[] {
  return ledger.status(now).healthAlerts.map(({ kind, count, summary }) => `${kind} ×${count}: ${summary}`);
}

/** Records a page that was answered at such times. */
function read(scene: Scene, times: AnswerTimes, now: number, ...created: number[]): void {
  const page = created.map((each, i) => entry(`${now}-${i}`, each));
  scene.record(page, { began: Math.min(times.askedAt, times.date ?? times.askedAt), times, now });
}

describe('a health alert about lateness', () => {
  it('says what to set', () => {
    const scene = createScene();
    scene.record([entry('a', NOON - MINUTE)]);
    expect(open(scene, NOON)).toEqual([]);
    read(scene, answeredAt(NOON + MINUTE), NOON + MINUTE, NOON - 8 * MINUTE, NOON - 6 * MINUTE);
    expect(open(scene, NOON + MINUTE)).toEqual([
      'late-entries ×1: 2 entries became visible up to 9m after created_at, too late for ALLOWED_LATENESS (5m), and are ' +
        'recorded now. Set ALLOWED_LATENESS = "9m" and run "npm run deploy"',
    ]);
    expect(scene.ledger.status(NOON + MINUTE).lateness).toMatchObject({
      allowedMs: ALLOWED_LATENESS,
      again: { depthMs: 18 * MINUTE, everyMs: 1.8 * MINUTE },
      seen: { atLeastMs: 5 * MINUTE, atMostMs: 9 * MINUTE },
    });
    expect(scene.ids()).toHaveLength(3);
  });

  it('beyond what can be set says so', () => {
    const scene = createScene([], { retentionMs: 30 * DAY });
    scene.record([], { now: NOON });
    scene.record([], { now: NOON + 2 * HOUR });
    read(scene, answeredAt(NOON + 2 * HOUR), NOON + 2 * HOUR, NOON + MINUTE);
    expect(open(scene, NOON + 2 * HOUR)).toEqual([
      expect.stringMatching(
        /\. Set ALLOWED_LATENESS = "1h" and run "npm run deploy"\. What is later than 1h, the most that can be allowed, is found by re-reads, hours later$/,
      ),
    ]);
  });

  it('does not say to raise what is at its maximum', () => {
    const scene = createScene([], { retentionMs: 30 * DAY, allowedLatenessMs: HOUR });
    scene.record([], { now: NOON });
    scene.record([], { now: NOON + 3 * HOUR });
    read(scene, answeredAt(NOON + 3 * HOUR), NOON + 3 * HOUR, NOON + MINUTE);
    const [alert, ...others] = scene.ledger.status(NOON + 3 * HOUR).healthAlerts;
    expect(others).toEqual([]);
    expect(alert?.summary).toMatch(
      /^1 entry .*\. What is later than 1h, the most that can be allowed, is found by re-reads, hours later$/,
    );
    expect(`${alert?.summary} ${alert?.hint}`).not.toMatch(/set ALLOWED_LATENESS|raise ALLOWED_LATENESS|higher/i);
  });

  it.each([
    ['81 % of the allowance', 243 * SECOND, true],
    ['80 %', 240 * SECOND, false],
  ])('comes before it is too late: %s', (_, lateMs, isRaised) => {
    const scene = createScene();
    scene.record([]);
    read(scene, answeredAt(NOON + MINUTE), NOON + MINUTE, NOON - lateMs);
    expect(open(scene, NOON + MINUTE)).toEqual(
      isRaised
        ? [
            'lateness-near ×1: an entry became visible 4m3s or more after created_at, and ALLOWED_LATENESS is 5m. ' +
              'Set ALLOWED_LATENESS = "7m" and run "npm run deploy"',
          ]
        : [],
    );
  });

  it('does not come of a first read, a rewind, an outage, or what KV knew', () => {
    const scene = createScene();
    read(scene, answeredAt(NOON), NOON, NOON - HOUR, NOON - 50 * MINUTE, NOON - MINUTE);
    const rewind = { id: 'r', to: NOON - 3 * HOUR, suppress: false };
    scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    read(scene, answeredAt(NOON + MINUTE), NOON + MINUTE, NOON - 3 * HOUR, NOON - 2 * HOUR, NOON - 6 * MINUTE);
    // Nothing was read for five hours, and then all of it.
    read(scene, answeredAt(NOON + 5 * HOUR), NOON + 5 * HOUR, NOON + 2 * MINUTE, NOON + HOUR, NOON + 5 * HOUR);
    expect(open(scene, NOON + 5 * HOUR)).toEqual([]);
    expect(scene.ids()).toHaveLength(9);
  });
});

describe('the health alert about clocks', () => {
  const off = (askedAt: number, dateMs: number | null): AnswerTimes => ({
    askedAt,
    answeredAt: askedAt + SECOND,
    date: dateMs === null ? null : askedAt + dateMs,
  });

  it.each([
    ['a minute ahead', off(NOON, MINUTE + SECOND), null],
    ['more than a minute ahead', off(NOON, MINUTE + 2 * SECOND), "Nirvana Labs' clock is 1m1s ahead of our clock"],
    ['a minute behind, as far as whole seconds show', off(NOON, -MINUTE - 999), null],
    ['more than a minute behind', off(NOON, -2 * MINUTE - 999), "Nirvana Labs' clock is 2m behind our clock"],
    ['missing', off(NOON, null), null],
    ['anywhere within a slow answer', { askedAt: NOON, answeredAt: NOON + HOUR, date: NOON + HOUR / 2 }, null],
    ['right, though our clock was set back meanwhile', { askedAt: NOON + HOUR, answeredAt: NOON, date: NOON }, null],
  ])('with a Date that is %s', (_, times, summary) => {
    const scene = createScene();
    read(scene, times, NOON);
    expect(open(scene, NOON)).toEqual(summary === null ? [] : [`clocks-apart ×1: ${summary}`]);
  });

  it('is resolved when they agree, and not raised again and again', () => {
    const scene = createScene();
    for (let minute = 0; minute < 60; minute++) {
      read(scene, off(NOON + minute * MINUTE, minute % 2 === 0 ? -HOUR : 0), NOON + minute * MINUTE);
    }
    expect(open(scene, NOON + HOUR)).toEqual([]);
    const sent = scene.notifications("health = 'clocks-apart'").map(({ kind }) => kind);
    expect(sent).toEqual(['health', 'health-resolved']);
  });

  it('stays while they differ by less than a minute, but more than half of one', () => {
    const scene = createScene();
    read(scene, off(NOON, -HOUR), NOON);
    read(scene, off(NOON + MINUTE, -45 * SECOND), NOON + MINUTE);
    expect(open(scene, NOON + MINUTE)).toHaveLength(1);
    read(scene, off(NOON + 2 * MINUTE, -20 * SECOND), NOON + 2 * MINUTE);
    expect(open(scene, NOON + 2 * MINUTE)).toEqual([]);
  });
});

describe('the health alert about a silent log', () => {
  /** Reads the log and runs the watchdog, so long after noon. */
  function tick(scene: Scene, afterMs: number, ...created: number[]): string[] {
    const now = NOON + afterMs;
    read(scene, answeredAt(now), now, ...created);
    scene.ledger.watchdog(now);
    return open(scene, now);
  }

  it('comes after a day without entries, and is over with the next', () => {
    const scene = createScene();
    expect(tick(scene, 0, NOON - MINUTE)).toEqual([]);
    expect(tick(scene, DAY - MINUTE + ALLOWED_LATENESS - 1)).toEqual([]);
    expect(tick(scene, DAY - MINUTE + ALLOWED_LATENESS)).toEqual([
      'silent-log ×1: the audit log has had no entry for a day; the last is of 2026-01-05 11:59 UTC',
    ]);
    expect(scene.written(() => tick(scene, DAY + MINUTE + ALLOWED_LATENESS))).toBe(0);
    expect(tick(scene, 2 * DAY, NOON + 2 * DAY - MINUTE)).toEqual([]);
    const sent = scene.notifications("health = 'silent-log'").map(({ kind }) => kind);
    expect(sent).toEqual(['health', 'health-resolved']);
  });

  it('does not come where there never was an entry, nor for entries of long ago', () => {
    const scene = createScene();
    expect(tick(scene, 0)).toEqual([]);
    expect(tick(scene, 2 * DAY)).toEqual([]);
    const rewind = { id: 'r', to: NOON - 20 * DAY, suppress: true };
    scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    expect(tick(scene, 2 * DAY, NOON - 9 * DAY)).toEqual([]);
  });

  it('does not come before the log is read: the first read may take hours', () => {
    const scene = createScene();
    const rewind = { id: 'r', to: NOON - 20 * DAY, suppress: true };
    scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    scene.record([entry('old', NOON - 2 * DAY)], { ends: false });
    scene.ledger.watchdog(NOON);
    expect(open(scene, NOON)).toEqual([]);
  });
});
