/** A restore: what it would mean, what it refuses, and a restored ledger that gets its mark. */
import { describe, expect, it } from 'vitest';
import { firstCheckpoint } from '../../../src/audit-log/checkpoint.ts';
import { type Rewind, rewindFrom, rewindText } from '../../../src/audit-log/checkpoint-text.ts';
import { createLedger } from '../../../src/ledger/record/ledger.ts';
import { RESTORE_BACK_MAX_MS, RESTORE_COUNTED_MAX, restoreProblem } from '../../../src/ledger/record/restore.ts';
import { createRestore, type Recovery } from '../../../src/ledger/restore.ts';
import type { RestoreCounts, RestoreTarget } from '../../../src/ledger/rpc.ts';
import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import { compile } from '../../../src/sigma/index.ts';
import { copyTables, putTables } from '../../support/copied-tables.ts';
import {
  ALLOWED_LATENESS,
  createScene,
  DAY,
  deleted,
  entry,
  HOUR,
  MINUTE,
  NOON,
  onAction,
  type Scene,
} from '../scene.ts';

const RULES = [onAction('vm.deleted')];
/** The moment that is gone back to. */
const THEN = NOON + HOUR;
const LATER = THEN + 10 * MINUTE;

/** A scene with an entry, an alert and its message from before `THEN`. */
function sceneFromBefore(): Scene {
  const scene = createScene(RULES);
  scene.record([entry('a', NOON - MINUTE), deleted('b', NOON - MINUTE)]);
  scene.store.run("UPDATE deliveries SET state = 'delivered', settled_at = ?", NOON + MINUTE);
  return scene;
}

function deliver(scene: Scene, state: 'delivered' | 'dead', at: number, where = "state = 'pending'"): void {
  scene.store.run(`UPDATE deliveries SET state = '${state}', settled_at = ? WHERE ${where}`, at);
}

function planned(scene: Scene, target: RestoreTarget = THEN, now = LATER + MINUTE) {
  return scene.ledger.planRestore(target, now);
}

const NOTHING: RestoreCounts = {
  entries: 0,
  alertsOpened: 0,
  alertsChanged: 0,
  delivered: 0,
  deliveredFromBefore: 0,
  undelivered: 0,
};

describe('a plan counts', () => {
  const cases: readonly (readonly [
    sentence: string,
    since: (scene: Scene) => unknown,
    counts: Partial<RestoreCounts>,
  ])[] = [
    ['nothing where nothing was stored since', () => {}, {}],
    [
      'entries that were recorded since, whenever they happened',
      (scene) => scene.record([entry('c', NOON - 30 * MINUTE), entry('d', THEN + MINUTE)], { now: LATER }),
      { entries: 2 },
    ],
    [
      'an alert that was opened since, with its message that nobody has got',
      (scene) => scene.record([deleted('c', THEN + MINUTE, 'bob')], { now: LATER }),
      { entries: 1, alertsOpened: 1, undelivered: 1 },
    ],
    [
      'a message about it that was delivered',
      (scene) => {
        scene.record([deleted('c', THEN + MINUTE, 'bob')], { now: LATER });
        scene.makeDue(LATER + MINUTE);
        deliver(scene, 'delivered', LATER);
      },
      { entries: 1, alertsOpened: 1, delivered: 1 },
    ],
    [
      'a message about it that is dead as one that was not delivered',
      (scene) => {
        scene.record([deleted('c', THEN + MINUTE, 'bob')], { now: LATER });
        scene.makeDue(LATER + MINUTE);
        deliver(scene, 'dead', LATER);
      },
      { entries: 1, alertsOpened: 1, undelivered: 1 },
    ],
    [
      'an alert from before that had another match since',
      (scene) => scene.record([deleted('c', NOON + MINUTE)], { now: LATER }),
      { entries: 1, alertsChanged: 1 },
    ],
    [
      'a message that was enqueued before and delivered since: it will be pending again',
      (scene) => deliver(scene, 'delivered', LATER, `queued_at <= ${NOON}`),
      { deliveredFromBefore: 1 },
    ],
    [
      'no message about Tocsin itself: those are raised again only if they still apply',
      (scene) => {
        scene.ledger.watchdog(THEN + MINUTE);
        deliver(scene, 'delivered', LATER);
      },
      {},
    ],
  ];

  it.each(cases)('%s', (_, since, counts) => {
    const scene = sceneFromBefore();
    since(scene);
    expect(planned(scene)).toEqual({
      kind: 'possible',
      to: THEN,
      bookmark: null,
      counts: { ...NOTHING, ...counts },
    });
  });

  it('at most so many rows, and says that there are more', () => {
    const scene = sceneFromBefore();
    // Copies of a row, whatever its columns are.
    scene.store.run('CREATE TABLE one AS SELECT * FROM deliveries LIMIT 1');
    scene.store.run('UPDATE one SET queued_at = ?, settled_at = ?', LATER, LATER);
    for (let more = 0; more < RESTORE_COUNTED_MAX + 50; more++) {
      scene.store.run('UPDATE one SET id = id + 1');
      scene.store.run('INSERT INTO deliveries SELECT * FROM one');
    }
    expect(planned(scene)).toMatchObject({ counts: { delivered: RESTORE_COUNTED_MAX + 1 } });
  });

  it('and writes nothing', () => {
    const scene = sceneFromBefore();
    scene.record([deleted('c', THEN, 'bob')], { now: LATER });
    expect(scene.written(() => planned(scene))).toBe(0);
  });
});

describe('a time', () => {
  it.each([
    [NOON - MINUTE, null],
    [NOON - MINUTE + 1, 'is less than a minute ago'],
    [NOON + 1, 'is in the future: a restore only goes back'],
    [NOON - RESTORE_BACK_MAX_MS, null],
    [NOON - RESTORE_BACK_MAX_MS - 1, 'is more than 30 days ago, which is as far as Cloudflare goes back'],
  ])('%s is judged: %s', (to, problem) => {
    expect(restoreProblem(to, NOON)).toBe(problem);
  });

  it.each([
    [THEN + DAY, 'the time is in the future: a restore only goes back'],
    [NOON - 1, 'the time is before this ledger began, 2026-01-05 12:00:00 UTC'],
    ['undo', 'the ledger was not restored'],
  ] as const)('%s is refused: %s', (target, problem) => {
    expect(planned(sceneFromBefore(), target)).toEqual({ kind: 'refused', problem });
  });

  it('is refused in a ledger that has not begun', () => {
    const options = { allowedLatenessMs: ALLOWED_LATENESS, retentionMs: DAY, blindAfterMs: HOUR, receivers: [] };
    const ledger = createLedger(nodeStore(), { engine: compile({ version: 'one', rules: [] }), ...options });
    expect(ledger.planRestore(THEN, LATER)).toMatchObject({
      kind: 'refused',
      problem: expect.stringContaining('has not begun'),
    });
  });
});

/** A ledger that went back from `LATER` to `THEN`, and the mark for it. `earlier` runs before `THEN`. */
function restored({ suppress = false, replaces = null as string | null, earlier = (_: Scene): unknown => null } = {}) {
  const scene = sceneFromBefore();
  earlier(scene);
  const copied = copyTables(scene.store);
  scene.record([deleted('c', THEN + MINUTE, 'bob')], { now: LATER });
  const expected = scene.ledger.expectRestore('r', LATER);
  const mark: Rewind = {
    id: 'r',
    to: THEN,
    suppress,
    restored: { at: LATER, undo: 'bookmark', replaces, ...expected },
  };
  const present = { scene, mark, lastAlert: 2 };
  return {
    ...present,
    /** Replaces the tables, and opens them by a ledger that remembers nothing. */
    goBack: (): Scene => {
      scene.store.transaction(() => putTables(scene.store, copied));
      return scene.reopened();
    },
  };
}

const tick = (scene: Scene, rewind: Rewind, now = LATER) =>
  scene.ledger.begin({ kv: { checkpoint: null, rewind }, startAt: NOON, suppressFirstRead: false }, now);

describe('a restored ledger that gets its mark', () => {
  it('says so, once and again, and keeps it for the status', () => {
    const { goBack, mark } = restored();
    const scene = goBack();
    expect([scene.ledger.finishRestore(mark, LATER), scene.ledger.finishRestore(mark, LATER)]).toEqual([true, true]);
    expect(scene.ledger.status(LATER).restored).toEqual({ id: 'r', at: LATER, to: THEN, undo: 'bookmark' });
    expect(tick(scene, mark).how).toBe('resumed');
  });

  it('gets it from the next tick where nobody else gave it', () => {
    const { goBack, mark } = restored();
    const scene = goBack();
    expect(tick(scene, mark).how).toBe('rewound');
    expect(scene.ledger.finishRestore(mark, LATER)).toBe(true);
  });

  it('was not restored if it remembers that it should be: a mark whose restore never came changes nothing', () => {
    const { scene, mark } = restored({ suppress: true });
    const { version } = scene.checkpoint();
    expect(scene.ledger.finishRestore(mark, LATER)).toBe(false);
    expect(tick(scene, mark).how).toBe('resumed');
    expect(scene.reopened().ledger.finishRestore(mark, LATER)).toBe(false);
    expect(scene.checkpoint().version).toBe(version);
    expect(scene.ledger.status(LATER).restored).toBeNull();
  });

  it('gives new alerts numbers that no message had', () => {
    const { goBack, mark, lastAlert } = restored();
    const scene = goBack();
    scene.ledger.finishRestore(mark, LATER);
    scene.record([deleted('c', THEN + MINUTE, 'bob')], { now: LATER });
    const ids = scene.store.all<{ id: number }>('SELECT id FROM alerts ORDER BY id').map(({ id }) => id);
    expect(ids[0]).toBe(1);
    expect(ids[1]).toBeGreaterThan(lastAlert);
  });

  it('accepts no call of before: a tick that was under way expects another version', () => {
    const { scene: present, goBack, mark } = restored();
    const { version } = present.checkpoint();
    const scene = goBack();
    scene.ledger.finishRestore(mark, LATER);
    expect(scene.checkpoint().version).toBeGreaterThan(version + 100);
  });

  it('is not blind for the time that it forgot', () => {
    const { goBack, mark } = restored();
    const scene = goBack();
    scene.ledger.finishRestore(mark, LATER);
    scene.ledger.watchdog(LATER);
    expect([scene.ledger.status(LATER).watching, scene.count('health_alerts')]).toEqual(['watching', 0]);
  });

  it('records again what it forgot, and notifies of it', () => {
    const { goBack, mark } = restored();
    const scene = goBack();
    scene.ledger.finishRestore(mark, LATER);
    expect(
      scene.record([deleted('b', NOON - MINUTE), deleted('c', THEN + MINUTE, 'bob')], { now: LATER }),
    ).toMatchObject({
      recorded: 1,
      known: 1,
    });
    expect(scene.count('deliveries', "state = 'waiting'")).toBe(1);
  });

  it('with --suppress, notifies nobody of what happened before the restore, and of what happened after', () => {
    const { goBack, mark } = restored({ suppress: true });
    const scene = goBack();
    scene.ledger.finishRestore(mark, LATER);
    expect(scene.checkpoint()).toMatchObject({ suppressBefore: LATER, scan: null });
    const { suppressBefore } = scene.checkpoint();
    scene.record([deleted('c', LATER - 1, 'bob'), deleted('d', LATER, 'eve')], { now: LATER + MINUTE, suppressBefore });
    expect(scene.count('alerts')).toBe(3);
    expect(scene.notifications("state = 'waiting'").map(({ entry }) => entry.id)).toEqual(['d']);
  });

  it('does not apply again the rewind that the mark replaced, from a KV that is late', () => {
    const { goBack, mark } = restored({ replaces: 'old' });
    const scene = goBack();
    scene.ledger.finishRestore(mark, LATER);
    expect(tick(scene, { id: 'old', to: NOON - DAY, suppress: false }).how).toBe('resumed');
    expect(tick(scene, { id: 'new', to: NOON - DAY, suppress: false }).how).toBe('rewound');
  });

  it('keeps its staged entries where its scan goes on, and deletes them where it drops the scan', () => {
    const earlier = (scene: Scene) => scene.stage([entry('s', NOON)], { now: NOON + 1 });
    for (const [suppress, staged] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const { goBack, mark } = restored({ suppress, earlier });
      const scene = goBack();
      scene.ledger.finishRestore(mark, LATER);
      expect(scene.count('staging')).toBe(staged);
    }
  });

  it('can be taken back to the moment before the restore, even within the minute', () => {
    const { goBack, mark } = restored();
    const scene = goBack();
    scene.ledger.finishRestore(mark, LATER);
    expect(planned(scene, 'undo', LATER + 1)).toMatchObject({ kind: 'possible', to: LATER, bookmark: 'bookmark' });
    expect(planned(scene, 'undo', LATER + 31 * DAY)).toMatchObject({ kind: 'refused' });
  });

  it('is no new ledger: that begins as it would without a mark', () => {
    const { mark } = restored({ suppress: true });
    const options = { allowedLatenessMs: ALLOWED_LATENESS, retentionMs: DAY, blindAfterMs: HOUR, receivers: [] };
    const ledger = createLedger(nodeStore(), { engine: compile({ version: 'one', rules: [] }), ...options });
    const kv = { checkpoint: null, rewind: mark };
    expect(ledger.begin({ kv, startAt: NOON, suppressFirstRead: false }, LATER)).toMatchObject({
      how: 'first start',
      checkpoint: firstCheckpoint(NOON, null),
    });
    expect(ledger.status(LATER).restored).toBeNull();
  });
});

describe('the mark in KV', () => {
  it('is read as it was written', () => {
    const { mark } = restored({ replaces: 'old' });
    expect(rewindFrom(rewindText(mark))).toEqual({ ok: true, value: mark });
  });
  it('is a rewind to the same time for a version that does not know it', () => {
    const { restored: _, ...known } = JSON.parse(rewindText(restored().mark));
    expect(rewindFrom(JSON.stringify(known))).toEqual({ ok: true, value: { id: 'r', to: THEN, suppress: false } });
  });
});

describe('the platform', () => {
  const steps: string[] = [];
  const platform: Recovery = {
    current: async () => 'now',
    bookmarkFor: async (at) => `then ${at}`,
    restoreAt: async (bookmark) => void steps.push(`restore ${bookmark}`),
    abort: () => void steps.push('abort'),
  };
  const of = (scene: Scene, recovery: Partial<Recovery> = {}) =>
    createRestore({
      ledger: scene.ledger,
      recovery: { ...platform, ...recovery },
      alarm: { get: async () => null, set: async (at) => void steps.push(`alarm ${at}`) },
      now: () => LATER,
    });
  const failing = (message: string) => async (): Promise<never> => {
    throw new Error(message);
  };

  it('gives the bookmarks of a plan, which prepares nothing without an id', async () => {
    const scene = sceneFromBefore();
    expect(await of(scene).planRestore(THEN, null)).toEqual({
      kind: 'planned',
      plan: { to: THEN, bookmark: `then ${THEN}`, undo: 'now', ...NOTHING },
      expected: null,
    });
    expect(scene.ledger.status(LATER).rewinds).toEqual([]);
    await of(scene).planRestore(THEN, 'r');
    expect(scene.ledger.status(LATER).rewinds).toEqual(['r']);
  });

  it.each([
    [
      "This Durable Object's storage back-end does not implement point-in-time recovery.",
      'point-in-time recovery is not available here: only a Worker on Cloudflare has it, not one on your machine',
    ],
    ['no bookmark is that old', 'Cloudflare has no such moment: no bookmark is that old'],
  ])('that throws “%s” is refused, and nothing is prepared', async (message, problem) => {
    for (const recovery of [{ bookmarkFor: failing(message) }, { current: failing(message) }]) {
      const scene = sceneFromBefore();
      expect(await of(scene, recovery).planRestore(THEN, 'r')).toEqual({ kind: 'refused', problem });
      expect(scene.ledger.status(LATER).rewinds).toEqual([]);
    }
  });

  it('is asked for the bookmark before the object ends, and is not ended if that fails', async () => {
    steps.length = 0;
    await of(sceneFromBefore()).restore('b');
    expect(steps).toEqual(['restore b', 'abort']);
    await expect(of(sceneFromBefore(), { restoreAt: failing('no') }).restore('b')).rejects.toThrow('no');
    expect(steps).toEqual(['restore b', 'abort']);
  });

  it('gets an alarm for the restored ledger, whatever alarm its storage holds, and none for another', async () => {
    steps.length = 0;
    const { goBack, mark, scene } = restored();
    expect(await of(scene).finishRestore(mark)).toBe(false);
    expect(steps).toEqual([]);
    expect(await of(goBack()).finishRestore(mark)).toBe(true);
    expect(steps).toEqual([`alarm ${LATER}`]);
  });
});
