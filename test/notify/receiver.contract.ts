/**
 * What every receiver keeps, whoever stands behind it: run against a far end that speaks the vendor's protocol, limits
 * and errors.
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

/** What the far end does with what it is sent. */
export const CASES = [
  'takes it',
  'never answers',
  'resets the connection',
  'asks to slow down',
  'is broken',
  'wants no more',
  'redirects',
  'answers with garbage',
  'answers without an end',
] as const;
export type Case = (typeof CASES)[number];

/** A receiver's vendor, as far as the contract looks at it. */
export interface FarEnd {
  /** A receiver of it; `timeoutMs` as in the receiver's options. */
  receiver(timeoutMs: number): Receiver;
  /** What it does from now on. */
  does(what: Case): void;
  /** How sends end then; null: this vendor can't. */
  readonly ends: { readonly [what in Case]: Outcome['kind'] | null };
  /** What "asks to slow down" asks for, where the vendor can say. */
  readonly slowDownMs: number | null;
  /** All that was sent, attempt by attempt: what must be the same each time. */
  attempts(): readonly unknown[];
  /** What was taken, read back. Throws where anything broke the vendor's rules. */
  taken(): readonly { readonly [part: string]: ReadBack }[];
  /** What must be in no outcome. */
  readonly secrets: readonly string[];
  /** `text` as the far end shows it. */
  shown(text: string): string;
  stop(): Promise<void>;
}

/** Addresses that may be followed: ours, and the operator's runbook. */
const MAY_LEAD = [LINKS.alert, LINKS.entry, OPENED.alert.runbook];

/** Runs the contract over `vendor`. */
export function receiverContract(vendor: string, start: () => Promise<FarEnd>): void {
  describe(`a receiver by ${vendor}`, () => {
    let far: FarEnd;
    beforeAll(async () => {
      far = await start();
    });
    afterAll(() => far.stop());
    beforeEach(() => far.does('takes it'));

    const send = (notification: Notification, id = 'delivery-7', timeoutMs = 5_000): Promise<Outcome> =>
      far.receiver(timeoutMs).send({ id, notification, links: LINKS });

    test.each(CASES)('ends as it should where the far end %s, and no outcome holds a secret', async (what) => {
      const kind = far.ends[what];
      if (kind === null) return;
      far.does(what);
      const outcome = await send(OPENED, 'delivery-7', what === 'never answers' ? 100 : 5_000);
      expect(outcome.kind).toBe(kind);
      const said = JSON.stringify(outcome);
      for (const secret of far.secrets) expect(said).not.toContain(secret);
      expect(said.length).toBeLessThan(600);
      if (outcome.kind !== 'delivered') expect(outcome.reason).toMatch(/^[^\n]{10,}$/);
      if (what === 'asks to slow down') expect(outcome).toMatchObject({ afterMs: far.slowDownMs });
    });

    test('sends the same at every attempt, and the same id', async () => {
      const before = far.attempts().length;
      far.does('is broken');
      await send(OPENED);
      far.does('takes it');
      await send(OPENED);
      const [first, second, ...more] = far.attempts().slice(before);
      expect(more).toEqual([]);
      expect(second).toEqual(first);
    });

    test.each(EXAMPLES)('takes %s whole: nothing is refused, nothing unknown is in it', async (_, notification) => {
      const before = far.taken().length;
      expect(await send(notification)).toEqual({ kind: 'delivered' });
      expect(far.taken()).toHaveLength(before + 1);
      const parts = far.taken().at(-1) ?? {};
      expectTame(parts);
      for (const { text } of Object.values(parts)) expect(text).not.toMatch(/cannot read|\(in short/);
    });

    async function staysText(text: string): Promise<void> {
      expect(await send(writtenBy(text, OPENED))).toEqual({ kind: 'delivered' });
      const parts = far.taken().at(-1) ?? {};
      expectTame(parts);
      for (const part of Object.values(parts)) expect(part.text).toContain(far.shown(text));
    }

    test.each(HOSTILE_TEXTS)('what an attacker writes is text: %j', staysText);

    test('whatever an attacker writes is text', async () => {
      await fc.assert(fc.asyncProperty(hostile, staysText), { numRuns: 60 });
    });

    test('whatever stands in a notification, it is taken', async () => {
      await fc.assert(
        fc.asyncProperty(anyNotification, async (notification) => {
          const outcome = await send(numbered(notification));
          expect(outcome).toEqual({ kind: 'delivered' });
        }),
        { numRuns: 60 },
      );
    });

    test('what another version stored, and this one can’t read, is still told', async () => {
      const before = far.taken().length;
      const alert = { title: 'Key gone, see https://evil.example <!channel>', level: 'high' };
      expect(await send({ kind: 'opened', alert } as unknown as Notification)).toEqual({ kind: 'delivered' });
      const parts = far.taken().at(before) ?? {};
      expectTame(parts);
      expect(Object.values(parts)[0]?.text).toMatch(/cannot read: \[HIGH\] Key gone/);
    });
  });
}

/** Nothing in it commands anything, and no address leads elsewhere than ours do. */
function expectTame(parts: { readonly [part: string]: ReadBack }): void {
  for (const { links, commands } of Object.values(parts)) {
    expect(commands).toEqual([]);
    for (const link of links) expect(MAY_LEAD).toContain(link);
  }
}

/** Storage is JSON: a number that is none comes out of it as null. */
function numbered(notification: Notification): Notification {
  return JSON.parse(JSON.stringify(notification)) as Notification;
}

/** As people are shown it: one line, defanged, at most as long as a name may be. */
export function asName(text: string): string {
  return untrustedLine(text, 100);
}
