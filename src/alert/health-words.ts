/**
 * The headline of each health alert, what to do about it, and its level. docs/health-alerts.md lists them. Pure.
 *
 * A headline is true in every case of its kind (a key that expires soon or has expired, a receiver that works again or was
 * removed); the summary beside it is exact. A hint is true beside every summary of its kind.
 */
import type { Level } from '../sigma/index.ts';
import { trustedLine } from '../text/untrusted.ts';
import type { HealthAlertKind, HealthEventKind, HealthNotification, HealthProblemKind } from './notification.ts';

/** `subject` is quoted already, or ''. */
interface EventWords {
  readonly level: Level;
  raised(subject: string): string;
  /** A line for each step, which receivers show in full. */
  readonly hint: string;
}

interface ProblemWords extends EventWords {
  resolved(subject: string): string;
}

/** Stands for the Worker's address, in a hint. */
const ADDRESS = 'URL';
const SUBJECT_MAX = 60;

const PROBLEMS: { readonly [kind in HealthProblemKind]: ProblemWords } = {
  blind: {
    level: 'critical',
    raised: () => 'not watching the audit log',
    resolved: () => 'watching the audit log again',
    hint:
      `Run "npm run tocsin -- status --url ${ADDRESS}" for the reason. Check the cron trigger, the API key, and whether ` +
      'Nirvana Labs answers.',
  },
  'clocks-apart': {
    level: 'low',
    raised: () => "Nirvana Labs' clock and Tocsin's differ",
    resolved: () => "Nirvana Labs' clock and Tocsin's agree again",
    hint:
      'Nothing is lost: the earlier of both clocks counts. If it lasts, tell Nirvana Labs, whose clock is the likelier to ' +
      'be wrong.',
  },
  'unread-entries': {
    level: 'high',
    raised: () => 'a part of the audit log is not read',
    resolved: () => 'nothing of the audit log is left unread',
    hint:
      'There is nothing to set on the free plan: what is missing is tried again about every 15 minutes.\n' +
      'If it lasts, change to Cloudflare\'s paid plan, set PLAN = "paid" in wrangler.toml and run "npm run deploy": a tick then reads 300 pages, ' +
      "not 40. Until then, read that span with Nirvana Labs' own tools.",
  },
  'silent-log': {
    level: 'medium',
    raised: () => 'no new entries in the audit log',
    resolved: () => 'the audit log has new entries again',
    hint: 'If something did happen in the organization since, check its audit log with Nirvana Labs.',
  },
  'unhealthy-receiver': {
    level: 'high',
    raised: (receiver) => `${named(receiver)} does not work`,
    resolved: (receiver) => `no more problems with ${named(receiver)}`,
    hint:
      'If its service is down (no answer, 5xx), wait: it is tried every five minutes, and messages are kept for seven days.\n' +
      `Otherwise fix its setting, and run "npm run tocsin -- notify --test --url ${ADDRESS}" to check it.\n` +
      `What waits is then sent by itself; "npm run tocsin -- resend --url ${ADDRESS}" sends again what is dead.`,
  },
  backlog: {
    level: 'high',
    raised: (receiver) => `messages to ${named(receiver)} wait too long`,
    resolved: (receiver) => `messages to ${named(receiver)} no longer wait too long`,
    hint:
      `The alerts that wait are on the overview page. Run "npm run tocsin -- status --url ${ADDRESS}" to see why they do. ` +
      'Where the receiver limits the rate or its service is down, they follow by themselves; else fix its setting.',
  },
  'incomplete-log': {
    level: 'high',
    raised: () => 'the audit log is incomplete or late',
    resolved: () => 'no more signs that the audit log is incomplete',
    hint:
      "Compare with Nirvana Labs' own list of entries. If Tocsin's reads (User-Agent Tocsin/…) are missing there, entries are " +
      'being withheld: ask Nirvana Labs why.\nIf they appear there, but late, raise ALLOWED_LATENESS in wrangler.toml (1h at ' +
      'most) and run "npm run deploy".',
  },
  'key-refused': {
    level: 'critical',
    raised: () => 'the API key is refused',
    resolved: () => 'the API key is accepted again',
    hint:
      'After a 401, create a new API key and run "npx wrangler secret put NIRVANA_LABS_API_KEY". After a 403, give the key ' +
      'the permission read on audit_log, and let its source IP rules allow this Worker.',
  },
  'key-expiring': {
    level: 'medium',
    raised: () => "the API key's expiry is near",
    resolved: () => "the warning about the API key's expiry no longer applies",
    hint:
      'Create a new API key, and run "npx wrangler secret put NIRVANA_LABS_API_KEY". Set API_KEY_EXPIRES_AT in wrangler.toml to its ' +
      'expiry, and run "npm run deploy".',
  },
  'limit-near': {
    level: 'medium',
    raised: () => "a daily limit of Cloudflare's plan is near",
    resolved: () => "no daily limit of Cloudflare's plan is near any more",
    hint:
      'Until 00:00 UTC open few pages, and start no rewind and no restore. If this day is an exception (the first read of a long log, a ' +
      'rewind, a burst), there is nothing else to do: what a first start reads is set by START_AT and FIRST_READ.\n' +
      "If it comes back on ordinary days, change to Cloudflare's paid plan. Once you have it, set " +
      'PLAN = "paid" in wrangler.toml and run "npm run deploy".',
  },
  'limit-reached': {
    level: 'critical',
    raised: () => "a daily limit of Cloudflare's plan is reached: blind until 00:00 UTC",
    resolved: () => "no daily limit of Cloudflare's plan is reached any more",
    hint:
      'Nothing is lost: from 00:00 UTC on, what happened meanwhile is read, evaluated and notified.\n' +
      'To go on before, change to Cloudflare\'s paid plan. Once you have it, set PLAN = "paid" in wrangler.toml and run ' +
      '"npm run deploy". Until then, look at the audit log with Nirvana Labs\' own tools.',
  },
};

const EVENTS: { readonly [kind in HealthEventKind]: EventWords } = {
  'dead-delivery': {
    level: 'high',
    raised: (receiver) => `a message could not be delivered${receiver === '' ? '' : ` to ${receiver}`}`,
    hint:
      `Run "npm run tocsin -- status --url ${ADDRESS}" for the reason. Fix the receiver, then run ` +
      `"npm run tocsin -- resend --url ${ADDRESS}".`,
  },
  quarantine: {
    level: 'high',
    raised: () => 'records are in quarantine',
    hint:
      'No rule has seen these records. A malformed one is recorded by itself if it is right when it is read again; one that ' +
      `crashed the ledger is not tried again.\nRun "npm run tocsin -- quarantine list --url ${ADDRESS}", read each (show ID), ` +
      'then release ID or drop ID, before RETENTION deletes them.',
  },
  overflow: {
    level: 'medium',
    raised: () => 'a correlation exceeded its limit',
    hint: 'Narrow the rule or its group-by, or shorten its timespan. What was dropped is no longer counted.',
  },
  'forgotten-marks': {
    level: 'low',
    raised: () => "too many of Tocsin's own reads to remember",
    hint:
      'A copied mark may go unnoticed. There is nothing to set; if you did not expect so many lookups, look at who makes ' +
      'them.',
  },
  'late-entries': {
    level: 'medium',
    raised: () => 'entries appear in the audit log too late',
    hint:
      'These entries are recorded and evaluated now, but correlations may have missed a match that they complete. Those ' +
      'that are up to 13 hours late are found by re-reads; what is later may be missed.',
  },
  'lateness-near': {
    level: 'low',
    raised: () => 'entries appear in the audit log almost too late',
    hint:
      'Nothing has come too late yet. What does is found by re-reads, hours later, and correlations may miss a match that it ' +
      'completes.',
  },
  'changed-entries': {
    level: 'high',
    raised: () => 'recorded entries have changed in the audit log',
    hint:
      'The log is not meant to change: somebody may have altered it. Open the entry, on the page /entries/ID of Tocsin: it ' +
      'shows what differed, and when. Ask Nirvana Labs why.',
  },
  'ledger-failing': {
    level: 'critical',
    raised: () => 'nothing is recorded, and nobody is alerted',
    hint:
      'Until the ledger can write, nothing is evaluated and nobody is notified. Afterwards, what the audit log still shows ' +
      'is caught up; no message says that it is over.\nRun "npx wrangler tail" for the error. If the storage is full, set a ' +
      'shorter RETENTION and run "npm run deploy".\nIf a limit of the plan is reached, it ends at 00:00 UTC, or with a larger ' +
      'plan. Otherwise see https://www.cloudflarestatus.com.',
  },
};

const ALL: { readonly [kind in HealthAlertKind]: EventWords } = { ...PROBLEMS, ...EVENTS };

/** Every kind, those that last first. */
export const HEALTH_KINDS = Object.keys(ALL) as readonly HealthAlertKind[];
/** The kinds that last, with a beginning and an end. The others are events, and are counted. */
export const LASTING = Object.keys(PROBLEMS) as readonly HealthProblemKind[];

/** What is wrong, in a few words. `subject`: which one, where a kind has several: a receiver's name. */
export function raisedHeadline(kind: HealthAlertKind, subject: string | null): string {
  return ALL[kind].raised(quoted(subject));
}

/** How severe a kind is. */
export function levelOfKind(kind: HealthAlertKind): Level {
  return ALL[kind].level;
}

/** The level of a stored health alert. An older version stored none, and of a newer one its kind may be unknown. */
export function healthLevelOf({ health }: HealthNotification): Level {
  const { level, kind }: { readonly level?: Level; readonly kind: string } = health;
  const known = HEALTH_KINDS.find((each) => each === kind);
  return level ?? (known === undefined ? 'high' : levelOfKind(known));
}

/** What to do about it. Where a command needs the Worker's address, `withAddress` puts it there. */
export function hintOf(kind: HealthAlertKind): string {
  return ALL[kind].hint;
}

/** A hint with the Worker's address in its commands; null: it is not known. */
export function withAddress(hint: string, address: string | null): string {
  return address === null ? hint : hint.replaceAll(`--url ${ADDRESS}`, () => `--url ${address}`);
}

/** What follows `Tocsin health: ` and the like. */
export function headlineOf({ kind, health }: HealthNotification): string {
  return kind === 'health'
    ? raisedHeadline(health.kind, health.subject)
    : PROBLEMS[health.kind].resolved(quoted(health.subject));
}

/** `receiver` is quoted already, or ''. */
function named(receiver: string): string {
  return receiver === '' ? 'a receiver' : `the receiver ${receiver}`;
}

function quoted(subject: string | null): string {
  return subject === null ? '' : `“${trustedLine(subject, SUBJECT_MAX)}”`;
}
