/** A poll, against scripted logs, ledgers and KV namespaces. */
import { describe, expect, it } from 'vitest';
import { checkpointFrom, checkpointText, rewindText } from '../../src/audit-log/checkpoint-text.ts';
import type { AuditLog, Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { UpstreamError, type UpstreamErrorKind } from '../../src/audit-log/errors.ts';
import { parsePage } from '../../src/audit-log/page.ts';
import type { Batch, LedgerApi } from '../../src/ledger/rpc.ts';
import { KV_CHECKPOINT, KV_REWIND, poll } from '../../src/poller/poll.ts';
import {
  ALLOWED_LATENESS,
  counting,
  createScene,
  MINUTE,
  NOON,
  onAction,
  type Scene,
  SECOND,
} from '../ledger/scene.ts';
import { answeredAt } from '../support/answer-times.ts';
import { callable, deps, memoryKv, record, VM_DELETED } from './polling.ts';

function records(count: number, from = NOON - 30 * MINUTE): Entry[] {
  return Array.from({ length: count }, (_, i) => record(`e${String(i).padStart(4, '0')}`, from + i * SECOND));
}

function page(entries: readonly Entry[], nextCursor: string | null = null): Page {
  return { entries, malformed: [], nextCursor, times: answeredAt(NOON) };
}

type Answer = Page | Error | ((query: ListQuery) => Page);

/** Answers in turn, then repeats the last answer; records the queries. */
function scripted(...answers: readonly Answer[]): AuditLog & { readonly asked: ListQuery[] } {
  const asked: ListQuery[] = [];
  return {
    asked,
    get requests() {
      return asked.length;
    },
    list: async (query) => {
      asked.push(query);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer === undefined || answer instanceof Error) throw answer;
      return typeof answer === 'function' ? answer(query) : answer;
    },
  };
}

/** A log that sorts and filters, with offsets as cursors. */
function sorted(all: readonly Entry[]) {
  return (query: ListQuery): Page => {
    const since = query.created_at_min === undefined ? 0 : Date.parse(query.created_at_min);
    const until = query.created_at_max === undefined ? Number.POSITIVE_INFINITY : Date.parse(query.created_at_max);
    const shown = all
      .filter(({ createdAt }) => createdAt >= since && createdAt <= until)
      .sort((a, b) => a.createdAt - b.createdAt);
    const from = Number(query.cursor ?? 0);
    const to = from + query.limit;
    return page(shown.slice(from, to), to < shown.length ? String(to) : null);
  };
}

const failing = (kind: UpstreamErrorKind): UpstreamError => new UpstreamError(kind, `it answered ${kind}`);

/** A ledger whose batches `look` sees first. */
function recordingWith(ledger: LedgerApi, look: (batch: Batch) => void): LedgerApi {
  return {
    ...ledger,
    record: (batch) => {
      look(batch);
      return ledger.record(batch);
    },
  };
}

describe('what windows wait for', () => {
  const place = (i: number): number => NOON - 50 * MINUTE + 2 * SECOND * i;

  /** The alerts of a log that lists these times in this order, ten a page, where alice deletes VMs in two of one minute. */
  async function alertsOf(times: readonly number[], deletions: readonly number[]): Promise<number> {
    const window = counting('vm.deleted', 2, { timespanMs: MINUTE });
    const scene = createScene([onAction('vm.deleted', { alerts: false }), window]);
    const all = times.map((at, i) => record(`e${i}`, at, deletions.includes(i) ? VM_DELETED : {}));
    const log = scripted(({ cursor = '0' }) => {
      const next = Number(cursor) + 10;
      return page(all.slice(Number(cursor), next), next < all.length ? String(next) : null);
    });
    await poll(deps(log, callable(scene), { requests: 100 }));
    expect(scene.count('entries')).toBe(times.length);
    return scene.count('alerts');
  }

  it('is what lies up to the allowed lateness away from where it belongs, either way', async () => {
    // Two hundred in order, twenty listed four minutes too early, and ten listed four minutes too late.
    const times = Array.from({ length: 230 }, (_, i) => place(i) + (i < 200 ? 0 : i < 220 ? 4 : -4) * MINUTE);
    expect(Math.abs((times[222] ?? 0) - (times[82] ?? 0))).toBe(40 * SECOND);
    expect(await alertsOf(times, [82, 215, 222])).toBe(1);
  });

  it.each([1, 4, 5, 6, 9])('does not move on because %i entries in a row claim to be later', async (claiming) => {
    const isClaiming = (i: number): boolean => (i >= 200 - claiming && i < 200) || i === 205;
    const times = Array.from({ length: 230 }, (_, i) => place(i) + (isClaiming(i) ? 20 * MINUTE : 0));
    expect(await alertsOf(times, [184, 205, 211])).toBe(1);
  });
});

describe('pages', () => {
  it('are followed to the end of the scan', async () => {
    const scene = createScene();
    const log = scripted(sorted(records(250)));
    const polled = await poll(deps(log, callable(scene)));
    expect(polled).toMatchObject({
      stopped: 'scan ended',
      pages: 3,
      recorded: 250,
      watermark: NOON - ALLOWED_LATENESS,
    });
    expect(scene.count('entries')).toBe(250);
  });

  it('let windows wait for what may follow: from where the scan begins, and then from where it had come', async () => {
    const scene = createScene();
    const horizons: (number | null)[] = [];
    const seen = recordingWith(callable(scene), ({ horizon }) => horizons.push(horizon));
    const all = records(250, NOON - 45 * MINUTE);
    await poll(deps(scripted(sorted(all)), seen));
    // The earliest of the last ten entries before the page, and twice the allowed lateness before it.
    const expected = [90, 190].map((i) => (all[i]?.createdAt ?? 0) - 2 * ALLOWED_LATENESS);
    expect(horizons).toEqual([NOON - 60 * MINUTE, ...expected]);
    await poll(deps(scripted(sorted(records(20, NOON - 4 * MINUTE))), seen));
    // The watermark.
    expect(horizons.at(-1)).toBe(NOON - ALLOWED_LATENESS);
  });

  it('that are read in parts after lost cursors let windows wait for the earlier part, which comes last', async () => {
    const scene = createScene();
    const all = records(60);
    const batches: Batch[] = [];
    const seen = recordingWith(callable(scene), (batch) => batches.push(batch));
    let tick = 0;
    // Ten a page, by cursors that do not outlive a tick.
    const small = (query: ListQuery): Page => {
      const { created_at_min: min = '', created_at_max: max = '9', cursor = `${tick} 0` } = query;
      const [of, at = 0] = cursor.split(' ').map(Number);
      if (of !== tick) throw failing('bad-request');
      const shown = all.filter(({ createdAt }) => {
        const time = new Date(createdAt).toISOString();
        return time >= min && time <= max;
      });
      return page(shown.slice(at, at + 10), at + 10 < shown.length ? `${tick} ${at + 10}` : null);
    };
    for (; tick < 30 && scene.count('entries') < 60; tick++) await poll(deps(scripted(small), seen, { requests: 3 }));
    expect(scene.ids().toSorted()).toEqual(all.map(({ id }) => id));
    const unread = new Set(all.map(({ createdAt }) => createdAt));
    for (const { entries, horizon } of batches) {
      for (const { createdAt } of entries) unread.delete(createdAt);
      expect(Math.min(...unread)).toBeGreaterThanOrEqual(horizon ?? Number.NaN);
    }
    expect(batches.some(({ next }) => next?.scan?.query.created_at_max !== undefined)).toBe(true);
  });

  it('are followed within the budget, and from there by the next poll', async () => {
    const scene = createScene();
    const log = scripted(sorted(records(250)));
    const budget = { requests: 2 };
    expect(await poll(deps(log, callable(scene), budget))).toMatchObject({
      stopped: 'budget',
      pages: 2,
      recorded: 200,
    });
    const reopened = callable(scene.reopened());
    expect(await poll(deps(log, reopened, budget))).toMatchObject({ stopped: 'scan ended', pages: 1, recorded: 50 });
  });

  it('are followed within the time limit', async () => {
    const scene = createScene();
    let now = NOON;
    const log = scripted((query) => {
      now += 20_000;
      return sorted(records(500))(query);
    });
    const polled = await poll(deps(log, callable(scene), { now: () => now, ms: 30_000 }));
    expect(polled).toMatchObject({ stopped: 'budget', pages: 2 });
  });

  it('that are too large are requested again at limit 10, once', async () => {
    const scene = createScene();
    const small = sorted(records(30));
    const log = scripted((query) => {
      if (query.limit > 10) throw failing('too-large');
      return small(query);
    });
    expect(await poll(deps(log, callable(scene)))).toMatchObject({ stopped: 'scan ended', recorded: 30 });
    expect(log.asked.map(({ limit }) => limit)).toEqual([100, 10, 100, 10, 100, 10]);
  });

  it('that are too large even then fail the poll', async () => {
    const log = scripted(failing('too-large'));
    await expect(poll(deps(log, callable(createScene())))).rejects.toThrow('too-large');
    expect(log.requests).toBe(2);
  });

  it('are recorded in batches of at most 100 entries and 512 K characters, or one entry', async () => {
    const scene = createScene();
    const ledger = callable(scene);
    const batches: Batch[] = [];
    const fat = records(9).map((entry, i) =>
      record(entry.id, entry.createdAt, { x: 'x'.repeat(i === 4 ? 900_000 : 200_000) }),
    );
    const log = scripted(page([...fat, ...records(130, NOON - 10 * MINUTE).map((r) => ({ ...r, id: `f${r.id}` }))]));
    const polled = await poll(
      deps(log, {
        ...ledger,
        record: (batch) => {
          batches.push(batch);
          return ledger.record(batch);
        },
      }),
    );
    expect(polled).toMatchObject({ stopped: 'scan ended', recorded: 139 });
    for (const { entries } of batches) {
      expect(entries.length).toBeLessThanOrEqual(100);
      const chars = entries.reduce((sum, { text }) => sum + text.length, 0);
      expect(chars <= 512 * 1024 || entries.length === 1).toBe(true);
    }
    expect(batches.map(({ next }) => next !== null)).toEqual([...batches.slice(1).map(() => false), true]);
  });

  it('are not recorded if another tick has overtaken this one', async () => {
    const scene = createScene();
    const ledger = callable(scene);
    const log = scripted((query) => {
      scene.record([]);
      scene.record([], { save: true });
      return sorted(records(5))(query);
    });
    expect(await poll(deps(log, ledger))).toMatchObject({ stopped: 'overtaken', recorded: 0 });
    expect(scene.count('entries')).toBe(0);
  });
});

describe('rejections', () => {
  it('of a cursor: the scan goes on with a new query', async () => {
    const scene = createScene();
    const all = records(250);
    let rejections = 0;
    const log = scripted((query) => {
      if (query.cursor !== undefined && rejections++ === 0) throw failing('bad-request');
      return sorted(all)(query);
    });
    const polled = await poll(deps(log, callable(scene)));
    expect(polled).toMatchObject({ stopped: 'scan ended', recorded: 250 });
    expect(polled.notes).toEqual(['the upstream rejected a cursor: dropped']);
    expect(log.asked.map(({ cursor }) => cursor)).toEqual([undefined, '100', undefined, '100', '200']);
    // Two latenesses before the earliest of the last ten entries: the log may list entries where they arrived.
    const last = all[90]?.createdAt ?? 0;
    expect(log.asked[2]?.created_at_min).toBe(new Date(last - 2 * ALLOWED_LATENESS).toISOString());
  });

  it('of sort and filter: dropped from then on', async () => {
    const scene = createScene();
    const log = scripted((query) => {
      if (query.sort !== undefined) throw failing('bad-request');
      return page(records(3).toReversed());
    });
    expect(await poll(deps(log, callable(scene)))).toMatchObject({ stopped: 'scan ended', recorded: 3 });
    await poll(deps(log, callable(scene.reopened())));
    expect(log.asked.map(({ sort }) => sort !== undefined)).toEqual([true, false, false]);
  });

  it('that persist are thrown, after everything read is recorded', async () => {
    const scene = createScene();
    const kv = memoryKv();
    const log = scripted((query) => {
      if (query.cursor !== undefined) throw failing('bad-request');
      return sorted(records(250))(query);
    });
    await expect(poll(deps(log, callable(scene), { kv, requests: 100 }))).resolves.toMatchObject({});
    // Each new query moves the scan, so that this ends; a scan that does not move gives up.
    expect(scene.count('entries')).toBe(250);
    const still = scripted(failing('not-found'));
    await expect(poll(deps(still, callable(scene)))).rejects.toThrow('not-found');
    expect(still.requests).toBe(2);
  });

  it.each(['server-error', 'rate-limited', 'timeout', 'unauthorized'] as const)(
    'other failures (%s) are thrown at once, after everything read is recorded and published',
    async (kind) => {
      const scene = createScene();
      const kv = memoryKv();
      const log = scripted(sorted(records(250)), failing(kind as UpstreamErrorKind));
      await expect(poll(deps(log, callable(scene), { kv }))).rejects.toThrow(kind);
      expect([scene.count('entries'), log.requests]).toEqual([100, 2]);
      expect(scene.reopened().checkpoint().scan?.cursor).toBe('100');
      expect(kv.stored.has(KV_CHECKPOINT)).toBe(true);
    },
  );

  it('a cursor that leads back to itself is dropped, and the poll gives up if that does not help', async () => {
    const scene = createScene();
    const log = scripted(page(records(5), 'again'));
    const polled = await poll(deps(log, callable(scene), { requests: 100 }));
    expect(polled).toMatchObject({ stopped: 'stuck', recorded: 5 });
    expect(log.requests).toBeLessThan(10);
  });
});

describe('an upstream that asks to be left alone', () => {
  const at = (now: number, scene: Scene): LedgerApi => ({
    ...callable(scene),
    begin: async (input) => scene.ledger.begin(input, now),
    record: async (batch) => scene.ledger.record(batch, now),
  });

  it.each([
    ['five minutes', 5 * MINUTE, 5 * MINUTE],
    ['a year, which is an hour', 365 * 24 * 60 * MINUTE, 60 * MINUTE],
  ])('for %s is left alone, across polls', async (_, retryAfterMs, waits) => {
    const scene = createScene();
    const log = scripted(page(records(1)));
    await poll(deps(log, at(NOON, scene)));
    scene.ledger.recordFailedTick({ kind: 'upstream', message: 'it answered 429', retryAfterMs }, NOON + 1);
    const asked = log.requests;
    for (const later of [1, MINUTE, waits - 1]) {
      const polled = await poll(deps(log, at(NOON + 1 + later, scene.reopened())));
      expect(polled).toMatchObject({ stopped: 'asked to wait', pages: 0 });
    }
    expect(log.requests).toBe(asked);
    expect(await poll(deps(log, at(NOON + 1 + waits, scene)))).toMatchObject({ stopped: 'scan ended' });
    // After an hour, the newest page is read again too.
    expect(log.requests).toBe(asked + (waits < 60 * MINUTE ? 1 : 2));
  });

  it('is asked at once after a failure that has no such wish', async () => {
    const scene = createScene();
    scene.ledger.recordFailedTick({ kind: 'upstream', message: 'it answered 500', retryAfterMs: null }, NOON);
    expect(await poll(deps(scripted(page([])), at(NOON + 1, scene)))).toMatchObject({ stopped: 'scan ended' });
  });
});

describe('an entry that crashes the ledger', () => {
  /** A ledger that fails whenever `poison` is in a batch. */
  function crashingOn(scene: Pick<Scene, 'ledger'>, poison: string): LedgerApi {
    const ledger = callable(scene);
    return {
      ...ledger,
      record: async (batch) => {
        if (batch.entries.some(({ id }) => id === poison)) throw new Error('out of memory');
        return ledger.record(batch);
      },
    };
  }

  it.each([0, 1, 41, 98, 99])('is found by halving, and quarantined at the third poll (%i of 100)', async (index) => {
    const scene = createScene();
    const all = records(100);
    const poison = all[index]?.id ?? '';
    const log = scripted(sorted(all));
    for (const time of [1, 2]) {
      await expect(poll(deps(log, crashingOn(scene, poison))), `poll ${time}`).rejects.toThrow('out of memory');
      expect(scene.count('quarantine', 'failures >= 3')).toBe(0);
    }
    const polled = await poll(deps(log, crashingOn(scene, poison)));
    expect(polled.stopped).toBe('scan ended');
    expect(scene.ids()).toEqual(all.map(({ id }) => id).filter((id) => id !== poison));
    expect(scene.count('quarantine')).toBe(1);
    expect(scene.store.all('SELECT problem FROM quarantine')).toEqual([
      { problem: 'it crashed the ledger: out of memory' },
    ]);
    await poll(deps(log, callable(scene)));
    expect(scene.count('entries')).toBe(99);
  });

  const WRITES = [
    ...['INSERT INTO entries', 'INSERT INTO batches', 'INSERT INTO windows', 'INSERT INTO alerts'],
    ...['INSERT OR REPLACE INTO matches', 'INSERT INTO activity', 'INSERT INTO deliveries', 'INSERT INTO state'],
  ];
  const COUNTED = [onAction('vm.deleted'), counting('vm.deleted', 2)];

  it.each(WRITES)('is not blamed where the storage refuses "%s", however long', async (refused) => {
    const scene = createScene(COUNTED);
    const fresh = [record('a', NOON - 2 * MINUTE, VM_DELETED), record('b', NOON - MINUTE, VM_DELETED)];
    const log = scripted(page(fresh));
    let failures = 0;
    scene.watch((sql) => {
      if (!sql.includes(refused)) return;
      failures++;
      throw new Error('disk I/O error');
    });
    for (let i = 0; i < 10; i++) await expect(poll(deps(log, callable(scene)))).rejects.toThrow('disk I/O error');
    expect(failures).toBeGreaterThan(10);
    scene.watch(() => {});
    expect(await poll(deps(log, callable(scene)))).toMatchObject({ recorded: 2, quarantined: 0 });
    expect([scene.count('quarantine'), scene.count('alerts')]).toEqual([0, 2]);
  });

  it('is not blamed where a fifth of all writes fails', async () => {
    const scene = createScene(COUNTED);
    const fresh = records(20).map(({ id, createdAt }) => record(id, createdAt, VM_DELETED));
    const log = scripted(page(fresh));
    let seed = 1;
    scene.watch(() => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      if (seed >>> 16 < 0x10000 / 5) throw new Error('disk I/O error');
    });
    for (let i = 0; i < 360; i++) await poll(deps(log, callable(scene))).catch(() => null);
    scene.watch(() => {});
    await poll(deps(log, callable(scene)));
    expect([scene.count('quarantine', 'failures >= 3'), scene.count('entries')]).toEqual([0, 20]);
  });

  it('is not searched for if the ledger can’t be reached', async () => {
    const scene = createScene();
    const down: LedgerApi = {
      begin: async () => {
        throw new Error('unreachable');
      },
      record: async () => {
        throw new Error('unreachable');
      },
      flush: async () => {
        throw new Error('unreachable');
      },
      quarantineCandidate: (record) => callable(scene).quarantineCandidate(record),
      recordFailedTick: (failure) => callable(scene).recordFailedTick(failure),
      canRecord: () => callable(scene).canRecord(),
    };
    const ledger = callable(scene);
    let calls = 0;
    const halfway: LedgerApi = { ...down, begin: (input) => (calls++ === 0 ? ledger.begin(input) : down.begin(input)) };
    for (let i = 0; i < 5; i++) {
      calls = 0;
      await expect(poll(deps(scripted(page(records(1))), halfway))).rejects.toThrow('unreachable');
    }
    expect(scene.count('quarantine')).toBe(0);
  });

  it('is not searched for if only the answer was lost', async () => {
    const scene = createScene();
    const ledger = callable(scene);
    const silent: LedgerApi = {
      ...ledger,
      record: async (batch) => {
        await ledger.record(batch);
        throw new Error('the answer was lost');
      },
    };
    const log = scripted(page(records(1)));
    for (let i = 0; i < 6; i++) await poll(deps(log, silent)).catch(() => undefined);
    expect([scene.count('entries'), scene.count('quarantine'), scene.count('health_alerts')]).toEqual([1, 0, 0]);
  });

  it('is found among staged entries too', async () => {
    const scene = createScene();
    const ledger = callable(scene);
    const all = records(40);
    const poison = all[17]?.id;
    const crashingOnFlush: LedgerApi = {
      ...ledger,
      flush: async (expect, most) => {
        const taken = scene.store.all<{ id: string }>(`SELECT id FROM staging ORDER BY occurred_at, id LIMIT ${most}`);
        if (taken.some(({ id }) => id === poison)) throw new Error('out of memory');
        return ledger.flush(expect, most);
      },
    };
    const newestFirst = scripted((query) => {
      const from = Number(query.cursor ?? 0);
      return page(all.toReversed().slice(from, from + 20), from === 0 ? '20' : null);
    });
    for (let i = 0; i < 2; i++) await expect(poll(deps(newestFirst, crashingOnFlush))).rejects.toThrow('out of memory');
    expect((await poll(deps(newestFirst, crashingOnFlush))).stopped).toBe('scan ended');
    expect(scene.ids()).toEqual(all.map(({ id }) => id).filter((id) => id !== poison));
    expect(scene.count('quarantine')).toBe(1);
  });
});

describe('odd records', () => {
  const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);

  it('nested too deeply for JSON stop nothing', async () => {
    const scene = createScene();
    const deep = record('deep', NOON - MINUTE, { x: nested(200_000) });
    const { malformed } = parsePage({ items: [{ created_at: 'x', y: nested(200_000) }] }, answeredAt(NOON));
    const log = scripted({ ...page([record('a', NOON - MINUTE), deep, record('b', NOON - MINUTE)]), malformed });
    // Whether JSON.stringify can write such a record depends on the version of V8.
    const canWrite = (() => {
      try {
        return JSON.stringify(nested(200_000)) !== '';
      } catch {
        return false;
      }
    })();
    expect(await poll(deps(log, callable(scene)))).toMatchObject({
      stopped: 'scan ended',
      recorded: canWrite ? 3 : 2,
      quarantined: canWrite ? 1 : 2,
    });
    expect(await poll(deps(log, callable(scene)))).toMatchObject({ recorded: 0, quarantined: 0 });
  });

  it('nested deeply are recorded or quarantined', async () => {
    const scene = createScene();
    const depths = Array.from({ length: 40 }, (_, i) => 500 + i * 150);
    const log = scripted(
      page(depths.map((depth, i) => record(`d${i}`, NOON - MINUTE, { actor: { id: nested(depth) } }))),
    );
    for (let i = 0; i < 5; i++) await poll(deps(log, callable(scene))).catch(() => undefined);
    expect(scene.count('entries') + scene.count('quarantine', 'failures >= 3')).toBe(depths.length);
  });

  it('without id or time are quarantined, once', async () => {
    const scene = createScene();
    const items = [null, 7, 'x', [], {}, { id: '' }, { id: 'a' }, { id: 'b', created_at: 'soon' }, { created_at: 'x' }];
    const { entries, malformed } = parsePage({ items }, answeredAt(NOON));
    expect(entries).toEqual([]);
    const log = scripted({ ...page([]), malformed });
    expect(await poll(deps(log, callable(scene)))).toMatchObject({ quarantined: items.length, stopped: 'scan ended' });
    expect(await poll(deps(log, callable(scene)))).toMatchObject({ quarantined: 0 });
  });

  it('with extreme dates are recorded, and move nothing', async () => {
    const scene = createScene();
    const log = scripted((query) => {
      const { entries } = parsePage(
        {
          items: [
            { id: 'first', created_at: '0000-01-01T00:00:00+23:59' },
            { id: 'now', created_at: new Date(NOON).toISOString() },
            { id: 'last', created_at: '9999-12-31T23:59:59-23:59' },
          ],
        },
        answeredAt(NOON),
      );
      return page(entries, query.cursor === undefined ? 'on' : null);
    });
    expect(await poll(deps(log, callable(scene)))).toMatchObject({
      stopped: 'scan ended',
      watermark: NOON - ALLOWED_LATENESS,
    });
    // Both occurred now, since the last one can't have occurred later.
    expect(scene.ids()).toEqual(['last', 'now']);
  });
});

describe('KV', () => {
  it('has the checkpoint after something new is recorded', async () => {
    const scene = createScene();
    const kv = memoryKv();
    await poll(deps(scripted(page(records(1))), callable(scene), { kv }));
    const read = checkpointFrom(kv.stored.get(KV_CHECKPOINT) ?? '');
    expect(read).toMatchObject({ ok: true, value: { watermark: NOON - ALLOWED_LATENESS, scan: null } });
    kv.stored.clear();
    await poll(deps(scripted(page(records(1))), callable(scene), { kv }));
    expect(kv.stored.size).toBe(0);
  });

  const garbage: readonly [string, string][] = [
    ['text that is not JSON', '{'],
    ['another type', '7'],
    ['null', 'null'],
    ['no watermark', '{}'],
    ['an unreadable time', '{"watermark":"yesterday"}'],
    ['a broken scan', '{"watermark":"2026-01-05T11:00:00Z","scan":{}}'],
  ];
  it.each(garbage)('is noted and ignored if it has %s', async (_, text) => {
    const scene = createScene();
    const kv = memoryKv({ [KV_CHECKPOINT]: text, [KV_REWIND]: text });
    const polled = await poll(deps(scripted(page(records(1))), callable(scene), { kv }));
    expect(polled).toMatchObject({ how: 'resumed', recorded: 1 });
    expect(polled.notes.filter((note) => note.includes("can't be read and is ignored"))).toHaveLength(2);
  });

  it('that refuses a write is noted, and nothing is thrown', async () => {
    const scene = createScene();
    const kv = { ...memoryKv(), put: () => Promise.reject(new Error('429')) };
    const polled = await poll(deps(scripted(page(records(1))), callable(scene), { kv }));
    expect(polled).toMatchObject({ stopped: 'scan ended', recorded: 1 });
    expect(polled.notes).toEqual(['KV did not take the checkpoint (the ledger has it): Error: 429']);
  });

  it('that can’t be read is noted, if the ledger has a checkpoint', async () => {
    const kv = { ...memoryKv(), get: () => Promise.reject(new Error('503')) };
    const polled = await poll(deps(scripted(page(records(1))), callable(createScene()), { kv }));
    expect(polled).toMatchObject({ recorded: 1, notes: ['KV could not be read: Error: 503'] });
  });

  it('has its rewind applied once', async () => {
    const scene = createScene();
    const kv = memoryKv({ [KV_REWIND]: rewindText({ id: 'r', to: NOON - 90 * MINUTE, suppress: false }) });
    const log = scripted(page(records(1)));
    expect((await poll(deps(log, callable(scene), { kv }))).how).toBe('rewound');
    expect((await poll(deps(log, callable(scene), { kv }))).how).toBe('resumed');
    expect(log.asked.map((query) => query.created_at_min)).toEqual([
      new Date(NOON - 90 * MINUTE).toISOString(),
      new Date(NOON - ALLOWED_LATENESS).toISOString(),
    ]);
  });

  it('that is ahead of a started ledger is ignored', async () => {
    const scene = createScene();
    const ahead = checkpointText({ ...scene.checkpoint(), watermark: NOON + 60 * MINUTE, floor: NOON + 60 * MINUTE });
    const log = scripted(page(records(2)));
    await poll(deps(log, callable(scene), { kv: memoryKv({ [KV_CHECKPOINT]: ahead }) }));
    expect(log.asked[0]?.created_at_min).toBe(new Date(NOON - 60 * MINUTE).toISOString());
  });
});

describe('the upstream’s clock', () => {
  it.each([
    ['ahead: ours counts', 20_000, NOON - ALLOWED_LATENESS],
    ['ahead by a day: ours counts', 24 * 60 * MINUTE, NOON - ALLOWED_LATENESS],
    ['behind is used', -20 * MINUTE, NOON - 25 * MINUTE],
    ['behind by years moves nothing', -1e12, NOON - 60 * MINUTE],
  ])('%s', async (_, ahead, watermark) => {
    const log = scripted({ ...page([]), times: { ...answeredAt(NOON), date: NOON + ahead } });
    expect((await poll(deps(log, callable(createScene())))).watermark).toBe(watermark);
  });

  it('two hours behind for one scan dates no match: both join one alert', async () => {
    const scene = createScene([onAction('vm.deleted')]);
    const first = [record('a', NOON - 6 * MINUTE, VM_DELETED)];
    await poll(deps(scripted(page(first)), callable(scene)));
    const second = page([...first, record('b', NOON - MINUTE, VM_DELETED)]);
    const behind = { ...second, times: { ...answeredAt(NOON), date: NOON - 120 * MINUTE } };
    expect(await poll(deps(scripted(behind), callable(scene)))).toMatchObject({ recorded: 1 });
    expect(scene.store.all('SELECT count, last_at FROM alerts')).toEqual([{ count: 2, last_at: NOON - MINUTE }]);
  });
});
