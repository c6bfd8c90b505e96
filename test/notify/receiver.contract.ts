/**
 * What every receiver guarantees, whatever its vendor does: run against a stand-in with the vendor's protocol, limits and
 * errors.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Notification } from '../../src/alert/notification.ts';
import type { Outcome, Receiver } from '../../src/notify/receiver.ts';
import { untrustedLine } from '../../src/text/untrusted.ts';
import { EXAMPLES, groupWrittenBy, HOSTILE_TEXTS, writtenBy } from './examples.ts';
import { anyNotification, hostile } from './hostile.ts';
import { ACT_LINKS, LINKS, OPENED } from './notifications.ts';
import type { ReadBack } from './read-back.ts';

/** What the stand-in does with a message. */
export const CASES = [
  'accepts it',
  'never answers',
  'resets the connection',
  'asks to slow down',
  'is broken',
  'wants no more messages',
  'redirects',
  'answers with garbage',
  'answers endlessly',
  'answers slowly',
  'takes it and loses the answer',
] as const;
export type Case = (typeof CASES)[number];

/** A vendor's stand-in, as the contract uses it. */
export interface StandInVendor {
  /** Creates a receiver that sends to it. */
  receiver(timeoutMs: number): Receiver;
  /** Sets what it does from now on. */
  does(what: Case): void;
  /** The outcome then; null: this vendor can't do that. */
  readonly ends: { readonly [what in Case]: Outcome['kind'] | null };
  /** The wait in "asks to slow down", if the vendor can say one. */
  readonly slowDownMs: number | null;
  /** How it answers by HTTP, and the outcome of each status where the body says nothing; null: it does not. */
  readonly http: {
    answers(status: number, headers: Readonly<Record<string, string>>): void;
    readonly ends: { readonly [status in (typeof STATUSES)[number]]: Outcome['kind'] };
  } | null;
  /** The least time between two messages, by what the vendor documents. */
  readonly paceMs: number;
  /** What was sent at each attempt, as far as it must be the same every time. */
  attempts(): readonly unknown[];
  /** The accepted messages, read back. Throws if one broke the vendor's rules. */
  taken(): readonly { readonly [part: string]: ReadBack }[];
  /** Must be in no outcome. */
  readonly secrets: readonly string[];
  /** `text` as the vendor shows it. */
  shown(text: string): string;
  stop(): Promise<void>;
}

/** Statuses of failures; that of a rate limit is the same for all. */
export const STATUSES = [400, 401, 403, 404, 408, 410, 500, 502, 503] as const;

const DATE = 'Sat, 31 Jan 2026 09:30:00 GMT';
/** What a 429 may ask for, and the wait. A date is compared with the answer's own. */
const WAITS: readonly (readonly [string, Readonly<Record<string, string>>, number | null])[] = [
  ['a number of seconds', { 'retry-after': '30' }, 30_000],
  ['a date', { 'retry-after': 'Sat, 31 Jan 2026 09:30:20 GMT', date: DATE }, 20_000],
  ['a past date', { 'retry-after': 'Sat, 31 Jan 2026 09:00:00 GMT', date: DATE }, null],
  ['a day: an hour', { 'retry-after': '86400' }, 3_600_000],
  ['garbage', { 'retry-after': 'soon' }, null],
  ['no time', {}, null],
];

/** How a send ends by most vendors' protocols: what a vendor does otherwise stands in its own contract. */
export const USUAL_ENDS = {
  'accepts it': 'delivered',
  'never answers': 'retry',
  'resets the connection': 'retry',
  'asks to slow down': 'slow down',
  'is broken': 'retry',
  'wants no more messages': 'refused',
  redirects: 'refused',
  'answers with garbage': 'retry',
  'answers endlessly': 'refused',
  'answers slowly': 'retry',
  'takes it and loses the answer': 'retry',
} as const;
export const USUAL_HTTP_ENDS = {
  400: 'refused',
  401: 'refused',
  403: 'refused',
  404: 'refused',
  408: 'retry',
  410: 'refused',
  500: 'retry',
  502: 'retry',
  503: 'retry',
} as const;

/** The only links: ours, and the operator's runbook. */
const ALLOWED_LINKS = [...ACT_LINKS, LINKS.alert, LINKS.entry, LINKS.alerts, OPENED.alert.runbook];
/** In hints, which are our own words. A client makes links of them, some with what follows. */
const LINKS_OF_HINTS = ['https://tocsin.example.workers.dev', 'https://www.cloudflarestatus.com'];

/** Runs the contract over a vendor. */
export function receiverContract(name: string, start: () => Promise<StandInVendor>): void {
  describe(`a receiver by ${name}`, () => {
    let vendor: StandInVendor;
    beforeAll(async () => {
      vendor = await start();
    });
    afterAll(() => vendor.stop());
    beforeEach(() => vendor.does('accepts it'));

    const send = (notification: Notification, id = 'delivery-7', timeoutMs = 5_000): Promise<Outcome> =>
      vendor.receiver(timeoutMs).send({ id, notification, links: LINKS });

    test.each(CASES)('has the right outcome without a secret if the vendor %s', async (what) => {
      const kind = vendor.ends[what];
      if (kind === null) return;
      vendor.does(what);
      const isLate = what === 'never answers' || what === 'answers slowly';
      const outcome = await send(OPENED, 'delivery-7', isLate ? 100 : 5_000);
      expect(outcome.kind).toBe(kind);
      const text = JSON.stringify(outcome);
      for (const secret of vendor.secrets) expect(text).not.toContain(secret);
      expect(text.length).toBeLessThan(600);
      if (outcome.kind !== 'delivered') expect(outcome.reason).toMatch(/^[^\n]{10,}$/);
      if (what === 'asks to slow down') expect(outcome).toMatchObject({ afterMs: vendor.slowDownMs });
    });

    test.each(STATUSES)('has the right outcome of a %i', async (status) => {
      if (vendor.http === null) return;
      vendor.http.answers(status, {});
      const outcome = await send(OPENED);
      expect(outcome).toMatchObject({ kind: vendor.http.ends[status], reason: expect.stringContaining(`${status}`) });
    });

    test.each(WAITS)('is slowed down, and by no failure, by a 429 that asks for %s', async (_, headers, afterMs) => {
      if (vendor.http === null) return;
      vendor.http.answers(429, headers);
      const outcome = await send(OPENED);
      expect(outcome).toMatchObject({ kind: 'slow down', reason: expect.stringContaining('429'), afterMs });
    });

    test('may have been sent a message whose answer is lost, and is sent it again', async () => {
      const before = vendor.taken().length;
      vendor.does('takes it and loses the answer');
      expect((await send(OPENED)).kind).toBe('retry');
      vendor.does('accepts it');
      expect(await send(OPENED)).toMatchObject({ kind: 'delivered' });
      expect(vendor.taken()).toHaveLength(before + 2);
    });

    test('has the pace that the vendor documents', () => {
      expect(vendor.receiver(5_000).paceMs).toBe(vendor.paceMs);
    });

    test('sends the same message and id at every attempt', async () => {
      const before = vendor.attempts().length;
      vendor.does('is broken');
      await send(OPENED);
      vendor.does('accepts it');
      await send(OPENED);
      const [first, second, ...more] = vendor.attempts().slice(before);
      expect(more).toEqual([]);
      expect(second).toEqual(first);
    });

    test.each(EXAMPLES)('sends all of %s: it is accepted, and complete', async (_, notification) => {
      const before = vendor.taken().length;
      expect(await send(notification)).toMatchObject({ kind: 'delivered' });
      expect(vendor.taken()).toHaveLength(before + 1);
      const parts = vendor.taken().at(-1) ?? {};
      expectSafe(parts, 'health' in notification ? LINKS_OF_HINTS : []);
      for (const { text } of Object.values(parts)) expect(text).not.toMatch(/cannot read|\(short form/);
    });

    async function staysText(text: string): Promise<void> {
      expect(await send(writtenBy(text, OPENED))).toMatchObject({ kind: 'delivered' });
      const parts = vendor.taken().at(-1) ?? {};
      expectSafe(parts);
      for (const part of Object.values(parts)) expect(part.text).toContain(vendor.shown(text));
    }

    test.each(HOSTILE_TEXTS)('untrusted text stays text: %j', staysText);

    test.each(HOSTILE_TEXTS)('untrusted text in a group stays text: %j', async (text) => {
      expect(await send(groupWrittenBy(text))).toMatchObject({ kind: 'delivered' });
      expectSafe(vendor.taken().at(-1) ?? {});
    });

    test('any untrusted text stays text', async () => {
      await fc.assert(fc.asyncProperty(hostile, staysText), { numRuns: 60 });
    });

    test('any notification is accepted', async () => {
      await fc.assert(
        fc.asyncProperty(anyNotification, async (notification) => {
          const outcome = await send(numbered(notification));
          expect(outcome).toMatchObject({ kind: 'delivered' });
        }),
        { numRuns: 60 },
      );
    });

    test('a notification that this version can’t read is still sent', async () => {
      const before = vendor.taken().length;
      const alert = { title: 'Key gone, see https://evil.example <!channel>', level: 'high' };
      expect(await send({ kind: 'opened', alert } as unknown as Notification)).toMatchObject({ kind: 'delivered' });
      const parts = vendor.taken().at(before) ?? {};
      expectSafe(parts);
      expect(Object.values(parts)[0]?.text).toMatch(/cannot read: \[HIGH\] Key gone/);
    });

    test('what an older version stored of an outage is still sent', async () => {
      const before = vendor.taken().length;
      const digest = { receiver: 'slack', level: 'high', messages: 402, healthMessages: 3, rules: 24, alerts: 239 };
      expect(await send({ kind: 'digest', digest } as unknown as Notification)).toMatchObject({ kind: 'delivered' });
      const parts = vendor.taken().at(before) ?? {};
      expectSafe(parts);
      expect(Object.values(parts)[0]?.text).toContain('402 notifications of alerts waited during an outage');
    });
  });
}

/** It has no commands, and no links except the allowed ones. */
function expectSafe(parts: { readonly [part: string]: ReadBack }, ofHints: readonly string[] = []): void {
  for (const { links, commands } of Object.values(parts)) {
    expect(commands).toEqual([]);
    const others = links.filter((link) => !ofHints.includes(link.replace(/["',.)]+$/, '')));
    // The list of alerts may be that of one actor, whose id is a parameter and nothing else.
    for (const link of others) expect(ALLOWED_LINKS).toContain(link);
  }
}

/** As storage returns it: in JSON, NaN becomes null. */
function numbered(notification: Notification): Notification {
  return JSON.parse(JSON.stringify(notification)) as Notification;
}

/** As people see it: one defanged line, at most as long as a name may be. */
export function asName(text: string): string {
  return untrustedLine(text, 100);
}
