/** The page that is asked for while the last one is recorded. */
import { afterEach, describe, expect, it } from 'vitest';
import type { AuditLog, Entry, ListQuery, Page } from '../../src/audit-log/entry.ts';
import { UpstreamError } from '../../src/audit-log/errors.ts';
import type { Batch, LedgerApi } from '../../src/ledger/rpc.ts';
import { createPages } from '../../src/poller/pages.ts';
import { type PollDeps, type PollResult, poll } from '../../src/poller/poll.ts';
import { ALLOWED_LATENESS, createScene, MINUTE, NOON, type Scene, SECOND } from '../ledger/scene.ts';
import { answeredAt } from '../support/answer-times.ts';

const PAGES = 5;

function entry(index: number): Entry {
  const createdAt = NOON - 30 * MINUTE + index * SECOND;
  return { id: `e${String(index).padStart(4, '0')}`, createdAt, body: { id: `e${index}`, created_at: createdAt } };
}

function pageOf(cursor: string | undefined): Page {
  const number = Number(cursor ?? 0);
  const entries = Array.from({ length: 100 }, (_, i) => entry(number * 100 + i));
  const nextCursor = number + 1 < PAGES ? String(number + 1) : null;
  return { entries, malformed: [], nextCursor, times: answeredAt(NOON), endsInOwnRead: false };
}

/** An upstream and a ledger, and in which order they were asked. */
function world(answer: (query: ListQuery) => Page | Promise<Page> = ({ cursor }) => pageOf(cursor)) {
  const scene = createScene();
  const { ledger } = scene;
  const steps: string[] = [];
  let requests = 0;
  const auditLog: AuditLog = {
    get requests() {
      return requests;
    },
    list: async (query) => {
      requests++;
      steps.push(`ask ${query.cursor ?? 'first'}`);
      return answer(query);
    },
  };
  const api: LedgerApi = {
    begin: async (input) => ledger.begin(input, NOON),
    record: async (batch) => {
      steps.push(`record ${batch.entries[0]?.id}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      steps.push(`recorded ${batch.entries[0]?.id}`);
      return ledger.record(batch, NOON);
    },
    flush: async (expect, most) => ledger.flush(expect, most, NOON),
    quarantineCandidate: async (candidate) => ledger.quarantineCandidate(candidate, NOON),
    recordFailedTick: async (failure) => ledger.recordFailedTick(failure, NOON),
    canRecord: async () => ledger.canRecord(NOON),
  };
  const run = (more: Partial<PollDeps> = {}): Promise<PollResult> =>
    poll({
      kv: { get: async () => new Map(), put: async () => {} },
      ledger: api,
      auditLog,
      now: () => NOON,
      allowedLatenessMs: ALLOWED_LATENESS,
      startAt: NOON - 60 * MINUTE,
      suppressFirstRead: false,
      requests: 40,
      ms: 45_000,
      ...more,
    });
  return { scene, steps, api, run, requests: () => requests };
}

/** Another tick moves the checkpoint. */
function overtake(scene: Scene): void {
  scene.record([], { save: true });
}

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
process.on('unhandledRejection', note);
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(unhandled.splice(0)).toEqual([]);
});

describe('the next page', () => {
  it('is asked for while one is recorded, and recorded after it', async () => {
    const { steps, run, scene } = world();
    expect(await run()).toMatchObject({ stopped: 'scan ended', pages: PAGES, recorded: 500 });
    expect(steps.slice(0, 7)).toEqual([
      'ask first',
      'ask 1',
      'record e0000',
      'recorded e0000',
      'ask 2',
      'record e0100',
      'recorded e0100',
    ]);
    expect(steps.filter((step) => step.startsWith('ask'))).toHaveLength(PAGES);
    expect(scene.count('entries')).toBe(500);
  });

  it.each([1, 2, 3])('is within the budget of %i requests', async (budget) => {
    const { run, requests, scene } = world();
    expect(await run({ requests: budget })).toMatchObject({ stopped: 'budget', pages: budget });
    expect(requests()).toBe(budget);
    // The checkpoint is saved where it stopped.
    expect(scene.reopened().checkpoint().scan?.cursor).toBe(String(budget));
    expect(await run()).toMatchObject({ stopped: 'scan ended', recorded: 500 - 100 * budget });
    expect(requests()).toBe(PAGES);
  });

  it('is used where the time is over by then', async () => {
    let now = NOON;
    const { run, requests } = world();
    const recorded: Batch[] = [];
    const { api } = world();
    const slow: LedgerApi = {
      ...api,
      record: async (batch) => {
        recorded.push(batch);
        now += 30_000;
        return api.record(batch);
      },
    };
    expect(await run({ ledger: slow, now: () => now, ms: 45_000 })).toMatchObject({ stopped: 'budget', pages: 3 });
    expect(requests()).toBe(3);
    expect(recorded.map(({ save }) => save)).toEqual([false, false, true]);
  });

  it('is dropped where another tick has overtaken this one, whatever its answer', async () => {
    for (const late of [() => pageOf('1'), () => Promise.reject(new UpstreamError('unavailable', 'late'))]) {
      const { run, scene, requests } = world(({ cursor }) => {
        if (cursor === undefined) return pageOf(cursor);
        overtake(scene);
        return new Promise<Page>((resolve) => setTimeout(resolve, 4)).then(late);
      });
      expect(await run()).toMatchObject({ stopped: 'overtaken', recorded: 0 });
      expect([requests(), scene.count('entries')]).toEqual([2, 0]);
    }
  });

  it('fails the poll only once the last one is recorded', async () => {
    const { run, scene } = world(({ cursor }) => {
      if (cursor === '2') throw new UpstreamError('rate-limited', 'slow down', { retryAfterMs: 300_000 });
      return pageOf(cursor);
    });
    await expect(run()).rejects.toMatchObject({ message: 'slow down', retryAfterMs: 300_000 });
    expect(scene.count('entries')).toBe(200);
    expect(scene.reopened().checkpoint().scan?.cursor).toBe('2');
  });

  it('does not hide why the last one could not be recorded', async () => {
    const { run, scene } = world(({ cursor }) => {
      if (cursor === '1') throw new UpstreamError('unavailable', 'down');
      return pageOf(cursor);
    });
    scene.watch(() => {
      throw new Error('disk I/O error');
    });
    await expect(run()).rejects.toThrow('disk I/O error');
  });

  it.each([
    ['fast: recording begins at once', 9, 0],
    ['slow: its request is sent first', 10, PAGES - 1],
  ])('from an upstream that is %s', async (_, tookMs, waits) => {
    const steps: string[] = [];
    const { api, run } = world(({ cursor }) => {
      steps.push(`ask ${cursor ?? 'first'}`);
      return { ...pageOf(cursor), times: { askedAt: NOON - tookMs, answeredAt: NOON, date: NOON } };
    });
    const ledger: LedgerApi = {
      ...api,
      record: (batch) => {
        steps.push('record');
        return api.record(batch);
      },
    };
    const sent = async (): Promise<void> => void steps.push('sent');
    expect(await run({ ledger, sent })).toMatchObject({ stopped: 'scan ended', recorded: 500 });
    expect(steps.filter((step) => step === 'sent')).toHaveLength(waits);
    if (waits > 0) expect(steps.slice(0, 4)).toEqual(['ask first', 'ask 1', 'sent', 'record']);
  });

  it('is not asked for behind the last one', async () => {
    const { run, requests } = world(() => pageOf(String(PAGES - 1)));
    expect(await run()).toMatchObject({ stopped: 'scan ended', pages: 1 });
    expect(requests()).toBe(1);
  });
});

describe('a page asked for ahead', () => {
  const query = { limit: 100, cursor: 'a' };

  it('answers its own query only', async () => {
    const asked: ListQuery[] = [];
    const pages = createPages({
      requests: 0,
      list: async (each) => {
        asked.push(each);
        return pageOf('0');
      },
    });
    pages.ask(query);
    expect(pages.isAhead).toBe(true);
    await pages.take({ limit: 100, cursor: 'b' });
    expect(pages.isAhead).toBe(false);
    await pages.take(query);
    expect(asked.map(({ cursor }) => cursor)).toEqual(['a', 'b', 'a']);
  });

  it('that is too large is asked for with the smallest limit', async () => {
    const limits: number[] = [];
    const pages = createPages({
      requests: 0,
      list: async ({ limit }) => {
        limits.push(limit);
        if (limit > 10) throw new UpstreamError('too-large', 'too large');
        return pageOf('0');
      },
    });
    pages.ask(query);
    await pages.take(query);
    expect(limits).toEqual([100, 10]);
  });
});
