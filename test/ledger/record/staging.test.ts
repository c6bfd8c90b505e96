/** Staging: newest-first pages wait, and are recorded oldest first when their scan ends. */
import { describe, expect, it } from 'vitest';
import {
  ALLOWED_LATENESS,
  createScene,
  DAY,
  done,
  entries,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  SECOND,
} from '../scene.ts';

describe('staging', () => {
  it('records nothing until the scan has ended', () => {
    const { stage, flush, count, ids, checkpoint } = createScene();
    const all = entries(5, NOON - 10 * MINUTE, MINUTE);
    expect(stage(all.slice(3).toReversed())).toMatchObject({ recorded: 0, staged: 2 });
    expect(stage(all.slice(0, 3).toReversed(), { ends: true })).toMatchObject({ recorded: 0, staged: 3 });
    expect([count('entries'), count('staging'), checkpoint().scan?.flushing]).toEqual([0, 5, true]);
    expect(flush()).toMatchObject({ recorded: 5, checkpoint: { scan: null, watermark: NOON - ALLOWED_LATENESS } });
    expect(ids()).toEqual(all.map(({ id }) => id));
    expect(count('staging')).toBe(0);
  });

  it('is skipped if one page is the whole scan', () => {
    const { stage, count, checkpoint } = createScene();
    expect(stage(entries(3, NOON, 1).toReversed(), { ends: true })).toMatchObject({ recorded: 3, staged: 0 });
    expect([count('staging'), checkpoint().scan]).toEqual([0, null]);
  });

  it('stores a page once, even if it comes twice', () => {
    const { stage, count } = createScene();
    const page = entries(3, NOON, 1);
    stage(page);
    expect(stage(page)).toMatchObject({ staged: 0 });
    expect(count('staging')).toBe(3);
  });

  it('takes what is read oldest first too, so that an older version of an entry is not recorded last', () => {
    const { stage, record, flush, store } = createScene();
    stage([entry('a', NOON, { path: '/first' })]);
    // The tick died, and the next one finds another order.
    expect(record([entry('a', NOON, { path: '/second' })])).toMatchObject({ recorded: 0, staged: 1 });
    flush();
    expect(store.all("SELECT revision, body ->> '$.path' AS path FROM entries ORDER BY seq")).toEqual([
      { revision: 0, path: '/first' },
      { revision: 1, path: '/second' },
    ]);
  });

  it('leaves out recorded entries', () => {
    const { stage, record } = createScene();
    const page = entries(3, NOON, 1);
    record(page.slice(0, 2));
    expect(stage(page)).toMatchObject({ staged: 1, known: 2 });
  });

  it('is flushed in as many steps as needed, each one transaction', () => {
    const { stage, flush, count, ids } = createScene();
    const all = entries(250, NOON - MINUTE, 10);
    stage(all, { ends: false });
    stage([], { ends: true });
    const seen: number[] = [];
    while (count('staging') > 0) seen.push(flush().recorded);
    expect(seen).toEqual([100, 100, 50]);
    expect(ids()).toEqual(all.map(({ id }) => id));
  });

  it.each([0, 1])('keeps a long entry whole, in parts under the row limit, wherever they are cut (%i)', (shift) => {
    const agent = `${'a'.repeat(1_000 + shift)}${'🔔'.repeat(300_000)}`;
    const test = { op: 'equals', values: [agent], cased: true } as const;
    const rule = onAction('vm.read', {
      expression: { kind: 'leaf', selection: 'selection', field: 'user_agent', test },
    });
    const { stage, flush, count } = createScene([rule]);
    stage([entry('long', NOON, { user_agent: agent }), entry('short', NOON + 1)]);
    expect(count('staging', 'length(CAST(body AS BLOB)) > 1048576')).toBe(0);
    expect(count('staging')).toBeGreaterThan(3);
    stage([], { ends: true });
    expect(flush().opened).toHaveLength(1);
  });

  it('records an entry again, as a revision, whose time has changed meanwhile', () => {
    const { stage, flush, store } = createScene();
    stage([entry('a', NOON)]);
    stage([entry('a', NOON - MINUTE)], { ends: true });
    flush();
    expect(store.all('SELECT id, revision, created_at FROM entries ORDER BY seq')).toEqual([
      { id: 'a', revision: 0, created_at: NOON - MINUTE },
      { id: 'a', revision: 1, created_at: NOON },
    ]);
  });

  it('returns ids that SQLite can’t store', () => {
    const odd = ['nul\u0000', 'lone\ud800', 'x'.repeat(10_000), '#hash', '__proto__', 'umlaut ü', ' '];
    const { stage, flush, ids, count } = createScene();
    stage(odd.map((id) => entry(id, NOON)));
    stage([], { ends: true });
    expect(flush().recorded).toBe(odd.length);
    expect(new Set(ids()).size).toBe(odd.length);
    expect(count('staging')).toBe(0);
  });

  it('is not flushed during a scan', () => {
    // A tick that was overtaken by a page with nothing new still believes that its scan is flushing.
    const { stage, record, ledger, checkpoint, count } = createScene();
    const known = entries(2, NOON - ALLOWED_LATENESS, 1, 'known');
    record(known);
    stage(entries(3, NOON, 1));
    const { version } = checkpoint();
    stage([], { ends: false });
    expect(ledger.flush(version, 100, NOON)).toEqual({ kind: 'conflict' });
    expect(count('staging')).toBe(3);
  });

  it('is flushed after an eviction between the last page and the first step', () => {
    const { stage, reopened } = createScene();
    stage(entries(3, NOON, 1));
    stage([], { ends: true });
    const later = reopened();
    expect(later.checkpoint().scan?.flushing).toBe(true);
    expect(later.flush().recorded).toBe(3);
  });

  it('is emptied by a rewind, which reads all of it again', () => {
    const { stage, ledger, count } = createScene();
    stage(entries(3, NOON, 1));
    const rewind = { id: 'r', to: NOON - 5 * 60 * MINUTE, suppress: false };
    ledger.begin({ kv: { checkpoint: null, rewind }, startAt: 0, suppressFirstRead: false }, NOON);
    expect(count('staging')).toBe(0);
  });

  it('quarantines an entry that crashes the ledger the third time, and no other', () => {
    const { stage, ledger, ids, flush, count } = createScene();
    stage(entries(3, NOON, 1));
    stage([], { ends: true });
    expect([1, 2, 3].map(() => ledger.quarantineCandidate(null, NOON))).toEqual([false, false, true]);
    expect(flush().recorded).toBe(2);
    expect(ids()).toEqual(['e00001', 'e00002']);
    expect(count('quarantine', 'failures >= 3')).toBe(1);
    expect(ledger.quarantineCandidate(null, NOON)).toBe(false);
  });

  it('flushes entries that became older than retention while staged', () => {
    const { stage, ledger, checkpoint } = createScene();
    stage([entry('old', NOON - 3_000)]);
    stage([], { ends: true });
    expect(done(ledger.flush(checkpoint().version, 100, NOON))).toMatchObject({ recorded: 1, expired: 0 });
  });
});

describe('an entry that claims the future', () => {
  const claiming = (id: string) => entry(id, NOON + 400 * DAY);

  it('is recorded where it occurred: when it was read', () => {
    const scene = createScene();
    scene.stage([claiming('claims'), entry('before', NOON - MINUTE)]);
    scene.stage([entry('later', NOON + 10 * MINUTE)], { began: NOON + 20 * MINUTE, ends: true });
    for (let n = 0; n < 3; n++) scene.ledger.flush(scene.checkpoint().version, 1, NOON);
    expect(scene.ids()).toEqual(['before', 'claims', 'later']);
  });

  it.each([NOON + MINUTE, NOON + 401 * DAY])('is staged once, though it is read again at %d', (began) => {
    const scene = createScene();
    expect(scene.stage([claiming('claims')])).toMatchObject({ staged: 1 });
    expect(scene.stage([claiming('claims')], { began })).toMatchObject({ staged: 0 });
  });

  it('is another version with another time, though both were read at once', () => {
    const { stage, flush, count } = createScene();
    expect(stage([claiming('a'), entry('a', NOON + HOUR)])).toMatchObject({ staged: 2 });
    expect(stage([entry('a', NOON + 2 * HOUR)])).toMatchObject({ staged: 1 });
    stage([], { ends: true });
    expect(flush()).toMatchObject({ recorded: 3 });
    expect(count('staging')).toBe(0);
  });

  it('has its versions in the order in which they were read, though our clock was set back', () => {
    const { stage, flush, store } = createScene();
    stage([entry('a', NOON + HOUR, { path: '/first' })]);
    stage([entry('a', NOON + HOUR, { path: '/second' })], { began: NOON - SECOND });
    stage([], { ends: true });
    flush();
    expect(store.all("SELECT revision, body ->> '$.path' AS path FROM entries ORDER BY seq")).toEqual([
      { revision: 0, path: '/first' },
      { revision: 1, path: '/second' },
    ]);
  });
});
