/**
 * What is outside the Worker, as the Worker reaches it: the upstream, Slack and a mail service, over a network that loses
 * requests and answers. The real client and the real receivers talk to it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Notification } from '../../src/alert/notification.ts';
import { pause } from '../../src/http/deadline.ts';
import type { Outgoing } from '../../src/notify/receiver.ts';
import { currentProcess, type Process } from './machine.ts';
import type { Dice } from './random.ts';
import type { Answer, Upstream } from './upstream.ts';
import { Lost, NO_STEP_FAULTS, type StepFaults, type World } from './world.ts';

/** How often the receivers' servers do what, per message. */
export interface VendorFaults {
  /** Not now: 429 or 5xx. */
  readonly retry: number;
  /** Never: the webhook is revoked, the sender not verified. */
  readonly refused: number;
  /** The object dies once the message is taken. */
  readonly evicts: number;
  /** One that answers nothing but 503. */
  readonly down: 'slack' | 'mail' | null;
  /** One that takes seconds to answer. */
  readonly slow: 'slack' | 'mail' | null;
}

export const WORKING: VendorFaults = { retry: 0, refused: 0, evicts: 0, down: null, slow: null };

/** What Slack never takes, and how fast it takes the rest, all through a run. */
export interface SlackHabits {
  /** Messages about this alert are refused. */
  refusedAlert: number | null;
  /** One message in this many ms, else 429; null: any number. */
  readonly everyMs: number | null;
  /** Seconds in the Retry-After of a 429; null: without. */
  readonly retryAfter: number | null;
}

/** What reached a receiver. `notification`: null for what was sent without the ledger. */
export interface Received {
  readonly receiver: string;
  readonly notification: Notification | null;
  readonly text: string;
  readonly at: number;
}

/** What a receiver answers to a message. */
export type VendorAnswer = 'taken' | 'down' | 'never' | 'refused' | 'slow down' | 'not now';

/** One answer. `delivery`: its number; null for what was sent without the ledger. */
export interface Answered {
  readonly receiver: string;
  readonly delivery: number | null;
  readonly at: number;
  readonly answer: VendorAnswer;
}

/** When a first page was asked for and answered, by our clock, and the answer's `Date`. */
export interface PageTimes {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly date: number | null;
}

export interface NetworkOptions {
  readonly world: World;
  readonly dice: Dice;
  readonly upstream: Upstream;
  readonly ourClock: () => number;
  readonly faults: () => StepFaults;
  readonly vendorFaults: () => VendorFaults;
  readonly slack: SlackHabits;
  /** Ends the Durable Object where it stands. */
  readonly evict: () => void;
}

export interface Network {
  fetch(url: string, init?: RequestInit): Promise<Response>;
  readonly mail: { send(message: unknown): Promise<void> };
  readonly received: readonly Received[];
  readonly answers: readonly Answered[];
  /** By entry: what time it was, by the later of both clocks, when it was shown. */
  readonly shown: ReadonlyMap<string, readonly number[]>;
  /** An entry was shown at this time. */
  note(id: string, at: number): void;
  /** Runs `send`, whose requests carry `outgoing`. */
  sending<T>(outgoing: Outgoing, send: () => Promise<T>): Promise<T>;
  /** Requests that should not have been made, as sentences. */
  readonly problems: readonly string[];
  /** Until then, the upstream wants no request of this process. Only the first call counts: a tick asks once. */
  leaveAlone(process: Process, until: number): void;
  /** Of each page that was answered whole. */
  readonly pages: readonly PageTimes[];
  /** How many requests of a process to the upstream are under way. */
  askingOf(process: Process): number;
}

export const SLACK_URL = 'https://hooks.slack.com/services/T00000000/B00000000/simulated0simulated0simu';

export const DISCORD_URL = `https://discord.com/api/webhooks/100000000000000000/${'simulated'.repeat(8)}`;

/** What a receiver is sending: its message looks the same to the network whatever it is about. */
const beingSent = new AsyncLocalStorage<Outgoing>();

export function createNetwork(options: NetworkOptions): Network {
  const { world, dice, upstream, ourClock, faults, vendorFaults, slack, evict } = options;
  let slackTookAt = Number.NEGATIVE_INFINITY;
  const received: Received[] = [];
  const answers: Answered[] = [];
  const shown = new Map<string, number[]>();
  const pages: PageTimes[] = [];
  const asking = new Map<Process, number>();
  const problems: string[] = [];
  const leftAlone = new Map<Process, number>();
  const note = (id: string, at: number): void => void shown.set(id, [...(shown.get(id) ?? []), at]);

  const fromUpstream = async (url: URL): Promise<Response> => {
    const askedAt = ourClock();
    const process = currentProcess();
    if (world.now() < (leftAlone.get(process) ?? 0)) problems.push('the upstream was not left alone as it asked');
    const count = (more: number): void => void asking.set(process, (asking.get(process) ?? 0) + more);
    count(1);
    const answer = await world
      .step('list', () => upstream.answer(url.searchParams), { ...faults(), twice: 0 })
      // What was read may be long on its way.
      .then(async (read) => {
        await world.step('answer', () => {}, { ...NO_STEP_FAULTS, slow: faults().slow });
        return read;
      })
      .finally(() => count(-1));
    if (answer === null) throw new TypeError('fetch failed', { cause: new Lost('ECONNRESET') });
    const answeredAt = ourClock();
    if (answer.ends === 'whole' && answer.status === 200) {
      pages.push({ askedAt, answeredAt, date: answer.date });
      const at = Math.max(answeredAt, answer.date ?? answeredAt);
      for (const item of answer.items) {
        const { id } = item as { id?: unknown };
        if (typeof id === 'string') note(id, at);
      }
    }
    return responseOf(answer);
  };

  const answered = (receiver: string, outgoing: Outgoing | undefined, answer: VendorAnswer): void =>
    void answers.push({ receiver, delivery: deliveryOf(outgoing), at: world.now(), answer });

  /** A receiver took a message. */
  const take = (receiver: string, text: string, outgoing: Outgoing | undefined): void => {
    answered(receiver, outgoing, 'taken');
    received.push({ receiver, notification: outgoing?.notification ?? null, text, at: world.now() });
    if (!dice.chance(vendorFaults().evicts)) return;
    world.hit(`evicted: between taking and settling, ${receiver}`);
    evict();
  };

  /** A receiver that is slow takes its time before anything else. */
  const hesitate = async (receiver: 'slack' | 'mail'): Promise<void> => {
    if (vendorFaults().slow !== receiver) return;
    world.hit(`${receiver}: slow`);
    await pause(dice.between(2_000, 14_000));
  };

  const toSlack = async (text: string, outgoing: Outgoing | undefined): Promise<Response> => {
    await hesitate('slack');
    return world.step(
      'send slack',
      () => {
        const chances = vendorFaults();
        if (chances.down === 'slack') {
          world.hit('slack: down');
          answered('slack', outgoing, 'down');
          return plainAnswer(503, '');
        }
        if (dice.chance(chances.refused)) {
          answered('slack', outgoing, 'refused');
          return plainAnswer(404, 'no_service');
        }
        if (slack.refusedAlert !== null && alertOf(outgoing) === slack.refusedAlert) {
          world.hit('slack: never this one');
          answered('slack', outgoing, 'never');
          return plainAnswer(403, 'action_prohibited');
        }
        if (slack.everyMs !== null && world.now() - slackTookAt < slack.everyMs) {
          world.hit('slack: too many');
          answered('slack', outgoing, 'slow down');
          const headers = slack.retryAfter === null ? {} : { 'retry-after': String(slack.retryAfter) };
          return plainAnswer(429, 'rate_limited', headers);
        }
        slackTookAt = world.now();
        if (dice.chance(chances.retry)) {
          world.hit('slack: not now');
          answered('slack', outgoing, 'not now');
          return dice.chance(0.3)
            ? plainAnswer(429, 'rate_limited', { 'retry-after': '30' })
            : plainAnswer(dice.pick([500, 503]), '');
        }
        take('slack', text, outgoing);
        return plainAnswer(200, 'ok');
      },
      faults(),
    );
  };

  const toDiscord = (text: string, outgoing: Outgoing | undefined): Promise<Response> =>
    world.step(
      'send discord',
      () => {
        const chances = vendorFaults();
        if (dice.chance(chances.refused)) {
          answered('discord', outgoing, 'refused');
          return plainAnswer(404, '{"code":10015}');
        }
        if (dice.chance(chances.retry)) {
          world.hit('discord: not now');
          answered('discord', outgoing, 'not now');
          return dice.chance(0.3) ? plainAnswer(429, '{"retry_after":2.5}') : plainAnswer(500, '');
        }
        take('discord', text, outgoing);
        return plainAnswer(204, '');
      },
      faults(),
    );

  const toMail = async (message: unknown, outgoing: Outgoing | undefined): Promise<void> => {
    await hesitate('mail');
    return world.step(
      'send mail',
      () => {
        const chances = vendorFaults();
        if (chances.down === 'mail') {
          world.hit('mail: down');
          answered('mail', outgoing, 'down');
          throw mailError('E_INTERNAL_SERVER_ERROR');
        }
        if (dice.chance(chances.refused)) {
          answered('mail', outgoing, 'refused');
          throw mailError('E_SENDER_NOT_VERIFIED');
        }
        if (dice.chance(chances.retry)) {
          world.hit('mail: not now');
          answered('mail', outgoing, 'not now');
          throw mailError(dice.pick(['E_RATE_LIMIT_EXCEEDED', 'E_INTERNAL_SERVER_ERROR']));
        }
        take('mail', JSON.stringify(message), outgoing);
      },
      faults(),
    );
  };

  return {
    received,
    answers,
    problems,
    leaveAlone: (process, until) => {
      if (!leftAlone.has(process)) leftAlone.set(process, until);
    },
    sending: (outgoing, send) => beingSent.run(outgoing, send),
    shown,
    note,
    pages,
    askingOf: (process) => asking.get(process) ?? 0,
    fetch: (url, init = {}) => {
      if (url === SLACK_URL) return toSlack(String(init.body), beingSent.getStore());
      if (url.startsWith(DISCORD_URL)) return toDiscord(String(init.body), beingSent.getStore());
      return fromUpstream(new URL(url));
    },
    mail: { send: (message) => toMail(message, beingSent.getStore()) },
  };
}

function alertOf(outgoing: Outgoing | undefined): number | null {
  if (outgoing === undefined) return null;
  const { notification } = outgoing;
  if ('group' in notification) return notification.group.first.alert.id;
  return 'alert' in notification ? notification.alert.id : null;
}

function deliveryOf(outgoing: Outgoing | undefined): number | null {
  const [, id] = /^delivery-(\d+)-/.exec(outgoing?.id ?? '') ?? [];
  return id === undefined ? null : Number(id);
}

function plainAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return responseOf({ status, headers, body, ends: 'whole' });
}

function mailError(code: string): Error {
  return Object.assign(new Error('the mail service refused'), { code });
}

/**
 * An answer as `fetch` gives it, as far as our code looks at it. Node's own reads a body in its own time; this one does
 * everything before the world's clock moves.
 */
function responseOf({ status, headers, body, ends }: Pick<Answer, 'status' | 'headers' | 'body' | 'ends'>): Response {
  const bytes = new TextEncoder().encode(body);
  const length = ends === 'whole' ? { 'content-length': String(bytes.length) } : {};
  const parts = ends === 'whole' ? [bytes] : [bytes.slice(0, bytes.length >> 1)];
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller): Promise<void> => {
      const part = parts.shift();
      if (part !== undefined) controller.enqueue(part);
      else if (ends === 'whole') controller.close();
      else if (ends === 'cut') controller.error(new TypeError('terminated', { cause: new Lost('UND_ERR_SOCKET') }));
      else return new Promise(() => {});
      return Promise.resolve();
    },
  });
  const response = {
    ok: status >= 200 && status < 300,
    status,
    headers: new Headers({ ...length, ...headers }),
    body: stream,
    arrayBuffer: async () => bytes.buffer,
  };
  return response as unknown as Response;
}
