/** What is staged, and what else happens until it is recorded. */
import { describe, expect, it } from 'vitest';
import { checkpointFrom, checkpointText } from '../../../src/audit-log/checkpoint-text.ts';
import { createUserAgents } from '../../../src/audit-log/mark.ts';
import { startOrResumeScan } from '../../../src/audit-log/tail.ts';
import { createLedger } from '../../../src/ledger/record/ledger.ts';
import { ownReadsOptions } from '../../../src/ledger/record/own-reads-memory.ts';
import type { Incoming } from '../../../src/ledger/rpc.ts';
import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import { compile } from '../../../src/sigma/index.ts';
import { answeredAt } from '../../support/answer-times.ts';
import { counting, createScene, DAY, deleted, entries, entry, HOUR, MINUTE, NOON, onAction } from '../scene.ts';

const SECRET = 'a3f1c95be07d4826a3f1c95be07d4826';
function own(id: string, at: number): Incoming {
  return entry(id, at, {
    action: 'audit_log.listed',
    actor: { id: 'key', type: 'api_key' },
    client_ip: '198.51.100.77',
    method: 'GET',
    path: '/v1/audit_logs',
    status_code: 200,
    user_agent: createUserAgents(SECRET, () => at)(),
  });
}

describe('own reads that are staged', () => {
  it.each(['newest first', 'oldest first, after a dead tick'])(
    'have come back: the log is not incomplete (%s)',
    (order) => {
      const scene = createScene([], { ownReads: ownReadsOptions(SECRET, false) });
      scene.record([own('first', NOON - MINUTE)], { now: NOON });
      const now = NOON + 20 * MINUTE;
      const own2 = own('second', NOON);
      const rest = entries(3, NOON + MINUTE, MINUTE);
      if (order === 'newest first') {
        scene.stage(rest.toReversed(), { now });
        scene.stage([own2], { now, ends: true });
      } else {
        scene.stage(rest.slice(2), { now });
        scene.record([own2, ...rest], { now });
      }
      scene.flush(now);
      expect(scene.store.all("SELECT kind, count FROM health_alerts WHERE kind = 'incomplete-log'")).toEqual([]);
    },
  );
});

describe('after a week without reading, what somebody else did with our key', () => {
  it.each([1, 2])('is found where the scan has %i pages, newest first', (pages) => {
    const scene = createScene([], { ownReads: ownReadsOptions(SECRET, false) });
    scene.record([own('first', NOON - MINUTE)], { now: NOON });
    const now = NOON + 8 * DAY;
    const stolen = entry('stolen', NOON + DAY, { action: 'vm.read', actor: { id: 'key', type: 'api_key' } });
    const newest = entry('newest', now - MINUTE);
    const rest = [stolen, own('second', NOON)];
    if (pages === 1) scene.stage([newest, ...rest], { now, ends: true });
    else {
      scene.stage([newest], { now });
      scene.stage(rest, { now, ends: true });
      scene.flush(now);
    }
    const rows = scene.store.all<{ mark: string }>("SELECT mark FROM entries WHERE id = 'stolen'");
    expect(rows).toEqual([{ mark: 'missing' }]);
  });
});

describe('KV without a copy of the checkpoint', () => {
  it.each([
    ['quiet', 0, 288],
    ['busy', 1, 720],
  ])('is written at most %s %i, %i times a day, though it never shows the copy', (_, perTick, most) => {
    const scene = createScene();
    let writes = 0;
    for (let tick = 0; tick < 1440; tick++) {
      const now = NOON + tick * MINUTE;
      scene.ledger.begin({ kv: { checkpoint: null, rewind: null }, startAt: NOON, suppressFirstRead: false }, now);
      if (scene.record(entries(perTick, now, 1, `t${tick} `), { now }).publish) writes++;
    }
    expect(writes).toBeLessThanOrEqual(most);
    expect(writes).toBeGreaterThan(most / 2);
  });

  it('is written though our clock was ahead by a day when the last copy was', () => {
    const scene = createScene();
    const ahead = NOON + DAY;
    expect(scene.record([entry('a', NOON)], { now: ahead, began: NOON, times: answeredAt(NOON) }).publish).toBe(true);
    // The clock is right again, and KV has lost its copy.
    let isWritten = false;
    for (let tick = 1; tick <= 60; tick++) {
      const now = NOON + tick * MINUTE;
      scene.ledger.begin({ kv: { checkpoint: null, rewind: null }, startAt: NOON, suppressFirstRead: false }, now);
      isWritten ||= scene.record([entry(`t${tick}`, now)], { now }).publish;
    }
    expect(isWritten).toBe(true);
  });
});

describe('a new ledger that adopts the checkpoint of KV', () => {
  it('does not go on behind what only the lost ledger had staged', () => {
    const lost = createScene();
    // A newest-first tick died in the middle of its first page: the checkpoint has no scan.
    lost.stage([entry('newest', NOON - MINUTE)], { next: null });
    expect(lost.checkpoint().scan).toBeNull();
    // The next one reads oldest first, and its budget ends in the middle.
    const at = startOrResumeScan(lost.checkpoint());
    const next = {
      ...at,
      scan: {
        ...at.scan,
        began: NOON + 3 * MINUTE,
        head: NOON + 3 * MINUTE,
        direction: 'forward' as const,
        cursor: 'behind',
      },
    };
    const now = NOON + 3 * MINUTE;
    const page = entries(5, NOON - 30 * MINUTE, MINUTE);
    const result = lost.record(page, { now, next, ends: false, save: true });
    expect(result).toMatchObject({ recorded: 0, staged: 5, publish: true });
    const copy = checkpointFrom(checkpointText(result.checkpoint));
    if (!copy.ok) throw new Error(copy.problem);
    const ledger = createLedger(nodeStore(), {
      engine: compile({ version: 'one', rules: [] }),
      allowedLatenessMs: 5 * MINUTE,
      retentionMs: 30 * DAY,
      blindAfterMs: 15 * MINUTE,
      receivers: [],
    });
    const kv = { checkpoint: copy.value, rewind: null };
    const { checkpoint, how } = ledger.begin({ kv, startAt: NOON, suppressFirstRead: false }, now);
    expect(how).toBe('adopted from KV');
    // The five staged entries lie before the cursor, and no ledger has recorded them.
    expect(checkpoint.scan).toBeNull();
  });
});

describe('a record that is released while another version of it is staged', () => {
  it('stays in quarantine until that is recorded, and is the last version then', () => {
    const { stage, ledger, flush, record, store } = createScene();
    record([], { invalid: [{ id: 'a', problem: 'no created_at', text: '{"id":"a"}', readAt: NOON }], ends: true });
    stage([entry('a', NOON, { path: '/first' })]);
    const fresh = { text: entry('a', NOON, { path: '/second' }).text, readAt: NOON };
    expect(ledger.release('a', fresh, NOON)).toMatchObject({
      kind: 'failed',
      problem: expect.stringContaining('again'),
    });
    stage([], { ends: true });
    flush();
    expect(ledger.release('a', fresh, NOON)).toMatchObject({ kind: 'recorded' });
    const rows = store.all<{ path: string }>("SELECT body ->> '$.path' AS path FROM entries ORDER BY seq");
    expect(rows).toEqual([{ path: '/first' }, { path: '/second' }]);
  });
});

describe('a staged revision whose entry is evicted before the flush', () => {
  it('counts once in the alert', () => {
    const scene = createScene([onAction('vm.deleted')]);
    const at = NOON - 10 * MINUTE;
    scene.record([deleted('a', at, 'alice', { path: '/first' })]);
    const later = at + 30 * DAY - MINUTE;
    scene.stage([deleted('a', at, 'alice', { path: '/second' })], { now: later, began: later });
    // The scan goes on for more than an hour.
    const end = later + 2 * HOUR;
    scene.stage([entry('b', end - MINUTE)], { now: end, began: later, times: answeredAt(end) });
    scene.stage([], { ends: true, now: end, began: later, times: answeredAt(end) });
    scene.flush(end);
    expect(scene.store.all('SELECT id, revision FROM entries WHERE id = ? ORDER BY seq', 'a').length).toBeGreaterThan(
      0,
    );
    expect(scene.store.all('SELECT sum(count) AS n FROM alerts')).toEqual([{ n: 1 }]);
  });
});

describe('the same, in a window that outlives the entry', () => {
  it('counts once: no alert of two deletions where there was one', () => {
    const scene = createScene([onAction('vm.deleted', { alerts: false }), counting('vm.deleted', 2)]);
    const at = NOON - 10 * MINUTE;
    scene.record([deleted('a', at, 'alice', { path: '/first' })]);
    const later = at + 30 * DAY - MINUTE;
    scene.stage([deleted('a', at, 'alice', { path: '/second' })], { now: later, began: later });
    const end = later + 2 * HOUR;
    scene.stage([entry('b', end - MINUTE)], { now: end, began: later, times: answeredAt(end) });
    scene.stage([], { ends: true, now: end, began: later, times: answeredAt(end) });
    scene.flush(end);
    expect(scene.count('alerts')).toBe(0);
  });
});

describe('a staged entry that was late', () => {
  it('was as late as when it was read, not as when it was flushed', () => {
    const scene = createScene();
    scene.record([entry('x', NOON - MINUTE)], { now: NOON });
    // Watermark: 11:55. A minute later, one of 11:54:30 becomes visible: 6 m 30 s late.
    const now = NOON + MINUTE;
    scene.stage([entry('y', NOON)], { now });
    scene.stage([entry('late', NOON - 5.5 * MINUTE)], { now, ends: true });
    // The next tick, which flushes, is three hours later.
    scene.flush(NOON + 3 * HOUR);
    const [row] = scene.store.all<{ summary: string }>("SELECT summary FROM health_alerts WHERE kind = 'late-entries'");
    expect(row?.summary).toContain('ALLOWED_LATENESS = "7m"');
  });

  it('is not late where ALLOWED_LATENESS was raised meanwhile', () => {
    const scene = createScene();
    scene.record([entry('x', NOON - MINUTE)], { now: NOON });
    const raised = scene.reopened({ allowedLatenessMs: 30 * MINUTE });
    const now = NOON + MINUTE;
    raised.stage([entry('y', NOON)], { now });
    raised.stage([entry('in time', NOON - 20 * MINUTE)], { now, ends: true });
    raised.flush(NOON + 20 * MINUTE);
    expect(raised.store.all("SELECT summary FROM health_alerts WHERE kind = 'late-entries'")).toEqual([]);
  });
});

describe('a full database, while an old entry is staged', () => {
  it.each([
    ['a shorter RETENTION', 5 * DAY, 0],
    ['time', 30 * DAY, 40 * DAY],
  ])('%s frees it, and the scan goes on', (_, retentionMs, passes) => {
    const scene = createScene();
    // Two days after the first, 200 entries.
    const two = NOON + 2 * DAY;
    scene.record(entries(100, two, 1000, 'a'), { now: two + HOUR });
    scene.record(entries(100, two + HOUR, 1000, 'b'), { now: two + 2 * HOUR });
    // Twenty days after it, newest first, an entry is listed that claims to be of the first day.
    const now = NOON + 20 * DAY;
    scene.stage([entry('old', NOON + DAY)], { now });
    const next = scene.reopened({ retentionMs });
    const room = 201;
    next.watch((sql) => {
      if (!/INSERT INTO (staging|entries)/.test(sql)) return;
      if (next.count('entries') + next.count('staging') >= room) throw new Error('database or disk is full');
    });
    let failed = 0;
    for (let hour = 1; hour <= 48; hour++) {
      const at = now + passes + hour * HOUR;
      try {
        next.stage([entry(`new${hour}`, now - hour * MINUTE)], {
          now: at,
          began: now,
          times: answeredAt(at),
          ends: false,
        });
      } catch {
        failed++;
      }
    }
    // The 200 entries are older than RETENTION, and their ids are not staged.
    expect([next.count('entries'), failed]).toEqual([0, 0]);
  });
});

describe('our clock was ahead by a day when the state was last saved', () => {
  it('quiet checkpoints are saved once it is right again', () => {
    const scene = createScene();
    scene.record([entry('a', NOON)], { now: NOON + DAY, began: NOON, times: answeredAt(NOON) });
    for (let minute = 1; minute <= 60; minute++) scene.record([], { now: NOON + minute * MINUTE });
    // A ledger that remembers nothing goes on where the last save was: at most five minutes before.
    expect(scene.reopened().checkpoint().watermark).toBeGreaterThanOrEqual(NOON + 50 * MINUTE);
  });
});

describe('an API key that was refused while staged entries wait to be recorded', () => {
  it('is not reported as accepted again by recording them', () => {
    const scene = createScene();
    scene.stage([entry('a', NOON)]);
    scene.stage([], { ends: true });
    // A tick that overlapped, or the next re-read, was refused.
    scene.ledger.recordFailedTick({ kind: 'key', message: 'it answered 401', retryAfterMs: HOUR }, NOON + 1);
    scene.flush(NOON + MINUTE);
    expect(scene.store.all("SELECT state FROM health_alerts WHERE kind = 'key-refused'")).toEqual([{ state: 'open' }]);
  });
});
