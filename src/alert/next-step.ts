/**
 * What happens next with an alert if nobody does anything, in one sentence, for pages and the CLI alike.
 *
 * Contract: pure and total, and read from what is stored alone. A sentence is a list of texts and instants (ms since the epoch), so
 * that each reader shows instants in its own way. Names in it are not escaped.
 */

import { isSevere } from '../sigma/index.ts';
import type { Alert } from './alert.ts';
import type { Deferred } from './notify.ts';

/** What the next step depends on. */
export type NextStepFacts = Pick<
  Alert,
  'status' | 'level' | 'acknowledged' | 'notified' | 'escalations' | 'silencedUntil' | 'resolvesAt'
>;

/** The silence over it that ends last. */
export interface SilenceOver {
  readonly author: string;
  readonly endsAt: number;
}

export type Sentence = readonly (string | number)[];

/** What happens next, at `now` (wall, ms). `silence`: null where none lasts, or where it is not known. */
export function nextStep(alert: NextStepFacts, now: number, silence: SilenceOver | null = null): Sentence {
  const { status, acknowledged, resolvesAt } = alert;
  switch (status) {
    case 'resolved':
      return ['Nothing more is sent. A later match opens a new alert.'];
    case 'past': {
      const update = deferredFirst(alert, ['updated']);
      if (update !== null) return updateSentence(update, now);
      return ['It is from long before a later alert. Nobody is reminded of it, and it does not escalate.'];
    }
    case 'acknowledged': {
      const heldUntil = silence?.endsAt ?? now;
      const end = Math.max(acknowledged?.until ?? now, heldUntil);
      const first = deferredFirst(alert, ['updated']);
      const update = first && { ...first, at: Math.max(first.at, heldUntil) };
      if (update !== null && update.at < end) return updateSentence(update, now);
      if (resolvesAt !== null && resolvesAt < end) return resolvesSentence(resolvesAt);
      return [
        'Acknowledged until ',
        end,
        '. Then it is open again, and receivers are notified if more came meanwhile.',
      ];
    }
    case 'open':
      return silence === null ? whileOpen(alert, now) : whileSilenced(alert, silence, now);
  }
}

/** Reminders and escalations wait for the end of a silence (wake.ts, ledger/deliver). */
function whileSilenced(alert: NextStepFacts, { author, endsAt }: SilenceOver, now: number): Sentence {
  const hasMore = alert.silencedUntil !== null || waitingStep(alert, now) !== null;
  return [
    'Silenced until ',
    endsAt,
    ` by ${author}: nobody is notified of matches before that, or reminded.`,
    ...(hasMore ? [' Then receivers are notified of what came, unless somebody acts.'] : []),
  ];
}

/** What goes out by time alone; null: nothing. */
function waitingStep(alert: NextStepFacts, now: number): Sentence | null {
  const { escalations } = alert;
  const [escalation = null] = [...escalations].sort((a, b) => a.at - b.at);
  const deferred = deferredFirst(alert, ['recurred', 'updated']);
  if (escalation !== null && (deferred === null || escalation.at <= deferred.at)) {
    return [
      `Nobody has acknowledged it: it escalates to ${escalation.to} `,
      ...when(escalation.at, now),
      ' unless somebody does.',
    ];
  }
  if (deferred?.kind === 'updated') return updateSentence(deferred, now);
  if (deferred === null) return null;
  return [
    `Nobody has acknowledged it: a reminder goes to ${named(deferred.receivers)} `,
    ...when(deferred.at, now),
    ' unless somebody does.',
  ];
}

function whileOpen(alert: NextStepFacts, now: number): Sentence {
  const { level, notified, silencedUntil, resolvesAt } = alert;
  const waiting = waitingStep(alert, now);
  if (waiting !== null) return waiting;
  if (silencedUntil !== null && silencedUntil > now) {
    return [
      'A silence is over it until ',
      silencedUntil,
      '. Then receivers are notified of it, unless somebody resolves it.',
    ];
  }
  if (!isSevere(level)) {
    return resolvesAt === null ? ['It stays open until somebody resolves it.'] : resolvesSentence(resolvesAt);
  }
  const names = Object.keys(notified);
  if (names.length === 0) return ['No receiver was notified of it. It stays open until somebody resolves it.'];
  return [
    `Nobody has acknowledged it: if it goes on, a reminder goes to ${named(names)}. It stays open until somebody resolves it.`,
  ];
}

interface DeferredFirst {
  readonly at: number;
  readonly kind: Deferred['kind'];
  readonly receivers: readonly string[];
}

/** The first of what is deferred, and for whom. */
function deferredFirst({ notified }: NextStepFacts, kinds: readonly Deferred['kind'][]): DeferredFirst | null {
  const all = Object.entries(notified).flatMap(([name, { deferred }]) =>
    deferred !== null && kinds.includes(deferred.kind) ? [{ name, ...deferred }] : [],
  );
  const [first] = [...all].sort((a, b) => a.to - b.to);
  if (first === undefined) return null;
  const same = all.filter(({ to, kind }) => to === first.to && kind === first.kind);
  return { at: first.to, kind: first.kind, receivers: same.map(({ name }) => name) };
}

function updateSentence({ at, receivers }: DeferredFirst, now: number): Sentence {
  return [`It came from new networks: an update goes to ${named(receivers)} `, ...when(at, now), '.'];
}

/** By the time up to which the log was read. */
function resolvesSentence(at: number): Sentence {
  return ['It resolves itself after ', at, ' if nothing more comes.'];
}

function when(at: number, now: number): Sentence {
  return at > now ? ['at ', at] : ['now'];
}

const NAMES_MAX = 3;

/** `slack`, `slack and email`, `slack, email, pager and 2 more`. */
function named(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX);
  const more = names.length - shown.length;
  const parts = more > 0 ? [...shown, `${more} more`] : shown;
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}
