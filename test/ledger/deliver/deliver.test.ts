/** Sending what is due, while an alarm lasts: one at a time for each receiver, none waits for another, and what an end means. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Links, NO_LINKS } from '../../../src/alert/links.ts';
import type { HealthNotification } from '../../../src/alert/notification.ts';
import type { Attempt } from '../../../src/ledger/deliver/after-attempt.ts';
import {
  ATTEMPTS_MAX,
  createSender,
  type LinksOf,
  type Outbox,
  type Sender,
} from '../../../src/ledger/deliver/deliver.ts';
import type { Due, Taken } from '../../../src/ledger/deliver/outbox.ts';
import { type Outcome, type Outgoing, type Receiver, SEND_TIMEOUT_MS } from '../../../src/notify/receiver.ts';
import { HOUR, MINUTE, NOON, SECOND } from '../scene.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

const NOTIFICATION: HealthNotification = {
  kind: 'health',
  health: { kind: 'blind', level: 'critical', subject: null, summary: 'it is blind', hint: 'look', since: 0 },
};
const nowhere: LinksOf = () => Promise.resolve(NO_LINKS);
const DELIVERED: Outcome = { kind: 'delivered' };
const LATER: Outcome = { kind: 'retry', reason: 'HTTP 500', afterMs: null };

/** A queue of numbers for each receiver; a `wait` in it is as long as the clock says. */
interface Queues {
  readonly outbox: Outbox;
  /** What was settled: the number, the end. */
  readonly settled: readonly (readonly [id: number, attempt: Attempt])[];
  put(receiver: string, ...ids: readonly number[]): void;
  waitUntil(receiver: string, at: number): void;
}

function queues(filled: Readonly<Record<string, readonly number[]>>): Queues {
  const settled: [number, Attempt][] = [];
  const queued = new Map<string, number[]>();
  const waits = new Map<string, number>();
  const put = (receiver: string, ...ids: readonly number[]): void =>
    void queued.set(receiver, [...(queued.get(receiver) ?? []), ...ids]);
  for (const [receiver, ids] of Object.entries(filled)) put(receiver, ...ids);
  const take = (receiver: string, now: number): Taken => {
    const at = waits.get(receiver) ?? 0;
    if (at > now) return { kind: 'wait', at };
    const id = queued.get(receiver)?.shift();
    if (id === undefined) return { kind: 'nothing' };
    return { kind: 'due', due: { id, receiver, attempt: 1, queuedAt: 0, notification: NOTIFICATION } };
  };
  return {
    settled,
    put,
    waitUntil: (receiver, at) => void waits.set(receiver, at),
    outbox: {
      take,
      settle: (due: Due, attempt) => {
        settled.push([due.id, attempt]);
        return { state: 'delivered' };
      },
    },
  };
}

interface Answering extends Receiver {
  readonly sent: Outgoing[];
  /** The most at a time. */
  readonly most: number;
}

/** A receiver that takes so long for each message, and answers in turn, then delivers. */
function answering(name: string, answers: readonly (Outcome | Error)[] = [], takesMs = 10, paceMs = 0): Answering {
  const sent: Outgoing[] = [];
  let open = 0;
  const receiver = {
    ...{ name, paceMs, sent, most: 0 },
    send: async (outgoing: Outgoing): Promise<Outcome> => {
      sent.push(outgoing);
      receiver.most = Math.max(receiver.most, ++open);
      const answer = answers[sent.length - 1] ?? DELIVERED;
      await new Promise((resolve) => setTimeout(resolve, takesMs));
      open--;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return receiver;
}

const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, n) => from + n);

function senderOf(outbox: Outbox, receivers: readonly Receiver[], linksOf: LinksOf = nowhere) {
  const ended: unknown[] = [];
  const pause = (ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  const now = (): number => Date.now();
  const sender = createSender({
    ...{ outbox, receivers, linksOf, now, pause, sent: () => {} },
    ended: (error) => void ended.push(error),
  });
  return { sender, ended };
}

/** Runs it; returns whether it is over after that time, and how it ended. */
async function runFor(sender: Sender, ms: number): Promise<'over' | 'running' | { readonly failed: unknown }> {
  let state: 'over' | 'running' | { readonly failed: unknown } = 'running';
  void sender.run().then(
    () => {
      state = 'over';
    },
    (failed: unknown) => {
      state = { failed };
    },
  );
  await vi.advanceTimersByTimeAsync(ms);
  return state;
}

describe('a run', () => {
  it('sends what is due, one at a time for each receiver, until nothing is', async () => {
    const [slack, mail] = [answering('slack'), answering('mail')];
    const { outbox, settled } = queues({ slack: [1, 2, 3], mail: [4, 5] });
    expect(await runFor(senderOf(outbox, [slack, mail]).sender, SECOND)).toBe('over');
    expect(settled.map(([id]) => id)).toEqual([1, 4, 2, 5, 3]);
    expect([slack.most, mail.most]).toEqual([1, 1]);
  });

  it('is over at once where nothing is due', async () => {
    const { outbox } = queues({});
    expect(await runFor(senderOf(outbox, [answering('slack')]).sender, 0)).toBe('over');
    expect(await runFor(senderOf(outbox, []).sender, 0)).toBe('over');
  });

  it('settles each attempt with when the message arrived, its outcome and the pace of its receiver', async () => {
    const { outbox, settled } = queues({ slack: [1, 2] });
    await runFor(senderOf(outbox, [answering('slack', [LATER], 300, 1_050)]).sender, SECOND);
    expect(settled).toEqual([
      [1, { reachedAt: NOON, outcome: LATER, paceMs: 1_050 }],
      [2, { reachedAt: NOON + 300, outcome: DELIVERED, paceMs: 1_050 }],
    ]);
  });

  it('called again while it runs is the same', async () => {
    const slack = answering('slack', [], SECOND);
    const { outbox } = queues({ slack: [1, 2] });
    const { sender } = senderOf(outbox, [slack]);
    const both = Promise.all([sender.run(), sender.run()]);
    await vi.advanceTimersByTimeAsync(2 * SECOND);
    await both;
    expect(slack.sent).toHaveLength(2);
    expect(slack.most).toBe(1);
  });

  it('waits a few seconds for a pace, and no longer', async () => {
    const { outbox, settled, waitUntil } = queues({ slack: [1], mail: [2] });
    waitUntil('slack', NOON + 5 * SECOND);
    waitUntil('mail', NOON + 5 * SECOND + 1);
    const { sender } = senderOf(outbox, [answering('slack'), answering('mail')]);
    expect(await runFor(sender, 6 * SECOND)).toBe('over');
    expect(settled.map(([id]) => id)).toEqual([1, 2]);
    waitUntil('slack', Date.now() + HOUR);
    expect(await runFor(sender, 0)).toBe('over');
  });

  it('sends what is enqueued while it runs, once it is woken', async () => {
    const { outbox, settled, put } = queues({ slack: [1] });
    const { sender } = senderOf(outbox, [answering('slack', [], SECOND), answering('mail')]);
    const run = runFor(sender, 500);
    await run;
    put('mail', 2);
    sender.wake();
    await vi.advanceTimersByTimeAsync(100);
    expect(settled.map(([id]) => id)).toEqual([2]);
  });

  it('that is woken looks again at a receiver that waits', async () => {
    const { outbox, settled, waitUntil } = queues({ slack: [1] });
    waitUntil('slack', NOON + 4 * SECOND);
    const { sender } = senderOf(outbox, [answering('slack')]);
    await runFor(sender, SECOND);
    waitUntil('slack', 0);
    sender.wake();
    await vi.advanceTimersByTimeAsync(100);
    expect(settled.map(([id]) => id)).toEqual([1]);
  });

  it('that is not running is not begun by waking it', async () => {
    const slack = answering('slack');
    senderOf(queues({ slack: [1] }).outbox, [slack]).sender.wake();
    await vi.advanceTimersByTimeAsync(SECOND);
    expect(slack.sent).toEqual([]);
  });
});

describe('the attempts of a run', () => {
  it('are limited; the next run goes on', async () => {
    const slack = answering('slack');
    const { outbox } = queues({ slack: numbers(ATTEMPTS_MAX + 5) });
    const { sender } = senderOf(outbox, [slack]);
    expect(await runFor(sender, MINUTE)).toBe('over');
    expect(slack.sent).toHaveLength(ATTEMPTS_MAX);
    expect(await runFor(sender, MINUTE)).toBe('over');
    expect(slack.sent).toHaveLength(ATTEMPTS_MAX + 5);
  });

  it('go to the receivers that were tried least recently', async () => {
    const names = numbers(ATTEMPTS_MAX + 5).map((n) => `mail/${n}`);
    const receivers = names.map((name) => answering(name));
    const { outbox } = queues(Object.fromEntries(names.map((name, n) => [name, numbers(9, 100 * n)])));
    const { sender } = senderOf(outbox, receivers);
    await runFor(sender, MINUTE);
    expect(receivers.map(({ sent }) => sent.length)).toEqual([...Array(ATTEMPTS_MAX).fill(1), ...Array(5).fill(0)]);
    await runFor(sender, MINUTE);
    expect(receivers.slice(ATTEMPTS_MAX).map(({ sent }) => sent.length)).toEqual(Array(5).fill(1));
  });

  it('that hang delay no other receiver, nor the end of a run whose attempts are used up', async () => {
    const never = new Promise<Outcome>(() => {});
    const slack: Receiver = { name: 'slack', paceMs: 0, send: () => never };
    const { outbox, settled } = queues({ slack: [1], mail: numbers(50, 2) });
    expect(await runFor(senderOf(outbox, [slack, answering('mail')]).sender, SECOND)).toBe('over');
    expect(settled.map(([id]) => id)).toEqual(numbers(ATTEMPTS_MAX - 1, 2));
  });

  it('that outlast their run are settled, and the host is notified, which sets the alarm', async () => {
    const { outbox, settled } = queues({ slack: [1, 2], mail: numbers(ATTEMPTS_MAX - 1, 10) });
    const { sender, ended } = senderOf(outbox, [answering('slack', [LATER], 10 * SECOND), answering('mail')]);
    expect(await runFor(sender, SECOND)).toBe('over');
    // The run was over when its last attempt began, by mail.
    expect(ended).toEqual([null]);
    await vi.advanceTimersByTimeAsync(10 * SECOND);
    expect(ended).toEqual([null, null]);
    expect(settled.at(-1)).toEqual([1, { reachedAt: NOON, outcome: LATER, paceMs: 0 }]);
  });

  it('that outlast their run are not begun a second time by the next', async () => {
    const slack = answering('slack', [], 10 * SECOND);
    const { outbox } = queues({ slack: [1, 2], mail: numbers(ATTEMPTS_MAX - 1, 10) });
    const { sender } = senderOf(outbox, [slack, answering('mail')]);
    await runFor(sender, SECOND);
    await runFor(sender, SECOND);
    expect(slack.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(20 * SECOND);
    expect(slack.sent).toHaveLength(2);
    expect(slack.most).toBe(1);
  });
});

describe('an outbox that throws', () => {
  const full = new Error('the disk is full');

  it.each<[string, Partial<Outbox>]>([
    [
      'where something is taken',
      {
        take: (): never => {
          throw full;
        },
      },
    ],
    [
      'where an attempt is settled',
      {
        settle: (): never => {
          throw full;
        },
      },
    ],
  ])('%s fails the run', async (_, broken) => {
    const { outbox } = queues({ slack: [1] });
    const { sender, ended } = senderOf({ ...outbox, ...broken }, [answering('slack')]);
    expect(await runFor(sender, SECOND)).toEqual({ failed: full });
    expect(ended).toEqual([]);
  });

  it('for one receiver does not keep the others from theirs', async () => {
    const { outbox, settled } = queues({ slack: [1], mail: [2, 3] });
    const take = (receiver: string, now: number): Taken => {
      if (receiver === 'slack') throw full;
      return outbox.take(receiver, now);
    };
    const { sender } = senderOf({ ...outbox, take }, [answering('slack'), answering('mail')]);
    expect(await runFor(sender, SECOND)).toEqual({ failed: full });
    expect(settled.map(([id]) => id)).toEqual([2, 3]);
  });

  it('after the run is reported', async () => {
    const { outbox } = queues({ slack: [1], mail: numbers(ATTEMPTS_MAX - 1, 10) });
    const settle: Outbox['settle'] = (due, attempt, now) => {
      if (due.receiver === 'slack') throw full;
      return outbox.settle(due, attempt, now);
    };
    const receivers = [answering('slack', [], 10 * SECOND), answering('mail')];
    const { sender, ended } = senderOf({ ...outbox, settle }, receivers);
    expect(await runFor(sender, SECOND)).toBe('over');
    await vi.advanceTimersByTimeAsync(10 * SECOND);
    expect(ended).toEqual([null, full]);
  });
});

describe('an attempt', () => {
  /** The outcome of one, by this receiver. */
  async function outcomeOf(receiver: Receiver, linksOf: LinksOf = nowhere): Promise<Outcome | undefined> {
    const { outbox, settled } = queues({ [receiver.name]: [1] });
    await runFor(senderOf(outbox, [receiver], linksOf).sender, MINUTE);
    return settled[0]?.[1].outcome;
  }

  it('of a receiver that throws is a failure; only the name of what it threw is reported, which may hold a secret', async () => {
    const secret = new TypeError('https://hooks.slack.com/services/T/B/secret');
    expect(await outcomeOf(answering('slack', [secret]))).toEqual({
      ...{ kind: 'retry', reason: 'the receiver failed: TypeError', afterMs: null },
    });
  });

  it('has the delivery’s own id, and links made for it', async () => {
    const slack = answering('slack');
    let made = 0;
    const linksOf = async (): Promise<Links> => ({ alert: `https://tocsin.example/?${++made}`, entry: null });
    await runFor(senderOf(queues({ slack: [7, 8] }).outbox, [slack], linksOf).sender, SECOND);
    expect(slack.sent).toEqual([
      { id: 'delivery-7-0', notification: NOTIFICATION, links: { alert: 'https://tocsin.example/?1', entry: null } },
      { id: 'delivery-8-0', notification: NOTIFICATION, links: { alert: 'https://tocsin.example/?2', entry: null } },
    ]);
  });

  it('is made without links if they can’t be made', async () => {
    const slack = answering('slack');
    expect(await outcomeOf(slack, () => Promise.reject(new Error('no key')))).toEqual(DELIVERED);
    expect(slack.sent).toMatchObject([{ links: NO_LINKS }]);
  });

  const late: Outcome = { kind: 'retry', reason: 'the receiver did not answer in time', afterMs: null };
  it('goes without buttons where the links never come, and ends where a receiver does not keep to its time', async () => {
    expect(await outcomeOf(answering('slack'), () => new Promise(() => {}))).toEqual(DELIVERED);
    expect(await outcomeOf(answering('slack', [], HOUR))).toEqual(late);
    expect(await outcomeOf(answering('slack', [], SEND_TIMEOUT_MS))).toEqual(DELIVERED);
  });
});
