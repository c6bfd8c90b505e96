/**
 * What every receiver guarantees, whatever its vendor does: run against a stand-in with the vendor's protocol, limits and
 * errors.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Notification } from '../../src/alert/notification.ts';
import type { Outcome, Receiver } from '../../src/notify/receiver.ts';
import { untrustedLine } from '../../src/text/untrusted.ts';
import { EXAMPLES, HOSTILE_TEXTS, writtenBy } from './examples.ts';
import { anyNotification, hostile } from './hostile.ts';
import { LINKS, OPENED } from './notifications.ts';
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

/** The only links: ours, and the operator's runbook. */
const ALLOWED_LINKS = [LINKS.alert, LINKS.entry, OPENED.alert.runbook];
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
      const outcome = await send(OPENED, 'delivery-7', what === 'never answers' ? 100 : 5_000);
      expect(outcome.kind).toBe(kind);
      const text = JSON.stringify(outcome);
      for (const secret of vendor.secrets) expect(text).not.toContain(secret);
      expect(text.length).toBeLessThan(600);
      if (outcome.kind !== 'delivered') expect(outcome.reason).toMatch(/^[^\n]{10,}$/);
      if (what === 'asks to slow down') expect(outcome).toMatchObject({ afterMs: vendor.slowDownMs });
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
      expect(await send(notification)).toEqual({ kind: 'delivered' });
      expect(vendor.taken()).toHaveLength(before + 1);
      const parts = vendor.taken().at(-1) ?? {};
      expectSafe(parts, 'health' in notification ? LINKS_OF_HINTS : []);
      for (const { text } of Object.values(parts)) expect(text).not.toMatch(/cannot read|\(short form/);
    });

    async function staysText(text: string): Promise<void> {
      expect(await send(writtenBy(text, OPENED))).toEqual({ kind: 'delivered' });
      const parts = vendor.taken().at(-1) ?? {};
      expectSafe(parts);
      for (const part of Object.values(parts)) expect(part.text).toContain(vendor.shown(text));
    }

    test.each(HOSTILE_TEXTS)('untrusted text stays text: %j', staysText);

    test('any untrusted text stays text', async () => {
      await fc.assert(fc.asyncProperty(hostile, staysText), { numRuns: 60 });
    });

    test('any notification is accepted', async () => {
      await fc.assert(
        fc.asyncProperty(anyNotification, async (notification) => {
          const outcome = await send(numbered(notification));
          expect(outcome).toEqual({ kind: 'delivered' });
        }),
        { numRuns: 60 },
      );
    });

    test('a notification that this version can’t read is still sent', async () => {
      const before = vendor.taken().length;
      const alert = { title: 'Key gone, see https://evil.example <!channel>', level: 'high' };
      expect(await send({ kind: 'opened', alert } as unknown as Notification)).toEqual({ kind: 'delivered' });
      const parts = vendor.taken().at(before) ?? {};
      expectSafe(parts);
      expect(Object.values(parts)[0]?.text).toMatch(/cannot read: \[HIGH\] Key gone/);
    });
  });
}

/** It has no commands, and no links except the allowed ones. */
function expectSafe(parts: { readonly [part: string]: ReadBack }, ofHints: readonly string[] = []): void {
  for (const { links, commands } of Object.values(parts)) {
    expect(commands).toEqual([]);
    const others = links.filter((link) => !ofHints.includes(link.replace(/["',.)]+$/, '')));
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
