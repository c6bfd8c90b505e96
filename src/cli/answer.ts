/**
 * What a Tocsin answers to its operator, checked before it is believed: it may be of another version, or no Tocsin.
 * Fields that are not known here are left out.
 */
import * as z from 'zod/mini';

const number = z.number();
const text = z.string();
const maybe = z.nullable(number);

const scan = z.object({ began: maybe, steps: number, reached: maybe, flushing: z.boolean() });

const status = z.object({
  watching: z.enum(['not begun', 'watching', 'blind']),
  movedAt: maybe,
  failure: z.optional(z.nullable(z.object({ message: text, since: number, at: number }))),
  watermark: maybe,
  lagMs: maybe,
  checkpoint: z.nullable(z.object({ scan: z.nullable(scan) })),
  staged: number,
  counters: z.nullable(z.object({ recorded: number, quarantined: number, expired: number, overflowed: number })),
  rules: z.object({ version: text, count: number }),
  receivers: z.array(text),
  alerts: z.object({
    open: z.record(text, number),
    newest: z.array(z.object({ id: number, level: text, title: text, count: number, lastAt: number, state: text })),
  }),
  deliveries: z.object({ pending: number, delivered: number, dead: number, suppressed: z._default(number, 0) }),
  dead: z.array(z.object({ receiver: text, reason: text, settledAt: number })),
  waiting: z.array(z.object({ receiver: text, reason: text, dueAt: number })),
  healthAlerts: z.array(z.object({ kind: text, since: number, count: number, summary: text })),
  quarantine: z.array(z.object({ key: text, problem: text, firstAt: number })),
});

const problem = z.object({
  setting: text,
  severity: z.enum(['error', 'notice']),
  problem: text,
  meanwhile: text,
  hint: text,
});

const health = z.object({
  name: text,
  state: z.enum(['healthy', 'unset', 'failing', 'unproven']),
  reason: z.nullable(text),
  lastDeliveredAt: maybe,
  failingSince: maybe,
  pending: number,
  dead: number,
});

const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('delivered') }),
  z.object({ kind: z.literal('retry'), reason: text, afterMs: maybe }),
  z.object({ kind: z.literal('refused'), reason: text }),
]);

const alertLine = z.object({
  id: number,
  rule: text,
  title: text,
  level: text,
  state: z.enum(['open', 'closed', 'resolved']),
  backfilled: z.boolean(),
  count: number,
  begins: number,
  periodMs: number,
  lastAt: number,
  key: z.array(z.object({ field: text, value: text })),
});

const delivery = z.object({
  receiver: text,
  what: text,
  state: z.enum(['pending', 'delivered', 'dead', 'suppressed']),
  reason: z.nullable(text),
  attempts: number,
  queuedAt: number,
  dueAt: number,
  settledAt: maybe,
});

const decision = z.object({
  notify: z.boolean(),
  kind: z.optional(text),
  reason: text,
  count: z.optional(number),
});

const moment = z.object({
  at: number,
  entry: z.nullable(
    z.object({
      id: text,
      action: z.nullable(text),
      actor: z.object({ id: z.nullable(text), name: z.nullable(text) }),
      target: z.object({ id: z.nullable(text), type: z.nullable(text) }),
    }),
  ),
  part: z.enum(['matched', 'contributing']),
  decision: z.nullable(decision),
  evidence: z.array(z.object({ selection: text, field: z.nullable(text), value: text })),
  number: z._default(z.nullable(text), null),
});

const alertPage = z.object({
  alert: alertLine,
  timeline: z.array(moment),
  more: number,
  deliveries: z.array(delivery),
  closing: z.nullable(decision),
});

const statusAnswer = z.object({
  status: z.nullable(status),
  receivers: z._default(z.array(health), []),
  problems: z.array(problem),
});
const testAnswer = z.object({ tested: z.array(z.object({ receiver: text, outcome })) });
const resendAnswer = z.object({ resent: number });
const alertsAnswer = z.object({ alerts: z.array(alertLine), next: maybe });
const alertAnswer = z.object({ alert: z.nullable(alertPage) });
const rewindAnswer = z.object({ accepted: text });

/** How things stand, as the operator's API tells it; status is null where no ledger is bound. Times are ms. */
export type StatusAnswer = z.output<typeof statusAnswer>;

/** The answer to a status; null where it is none. */
export function statusFrom(json: unknown): StatusAnswer | null {
  return statusAnswer.safeParse(json).data ?? null;
}

/** The id of the rewind that was accepted; null where the answer is none. */
export function acceptedFrom(json: unknown): string | null {
  return rewindAnswer.safeParse(json).data?.accepted ?? null;
}

/** How each receiver took a test. */
export type TestAnswer = z.output<typeof testAnswer>;
/** A list of alerts; `next` is the id to go on before. */
export type AlertsAnswer = z.output<typeof alertsAnswer>;
/** An alert's whole story. */
export type AlertAnswer = z.output<typeof alertPage>;

/** The answer to a test of the receivers; null where it is none. */
export function testedFrom(json: unknown): TestAnswer | null {
  return testAnswer.safeParse(json).data ?? null;
}

/** How many deliveries are sent again; null where the answer is none. */
export function resentFrom(json: unknown): number | null {
  return resendAnswer.safeParse(json).data?.resent ?? null;
}

/** The answer to a list of alerts; null where it is none. */
export function alertsFrom(json: unknown): AlertsAnswer | null {
  return alertsAnswer.safeParse(json).data ?? null;
}

/** The answer about one alert, whose `alert` is null where there is no such alert; null where it is none. */
export function alertFrom(json: unknown): { readonly alert: AlertAnswer | null } | null {
  return alertAnswer.safeParse(json).data ?? null;
}
