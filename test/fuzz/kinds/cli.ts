/** Answers of a server, or of who plays one, as the command line prints them, beside a harmless answer. */
import { type AlertsAnswer, alertsLines } from '../../../src/cli/commands/alerts.ts';
import { type TestAnswer, testLines } from '../../../src/cli/commands/notify.ts';
import {
  listLines,
  type QuarantineAnswer,
  type QuarantinedRecord,
  type ReleasedRecord,
  releasedLine,
  showLines,
} from '../../../src/cli/commands/quarantine.ts';
import { type SilenceAnswer, silencesLines } from '../../../src/cli/commands/silence.ts';
import { type StatusAnswer, statusLines } from '../../../src/cli/commands/status.ts';
import { type AlertAnswer, type EntryAnswer, entryWhyLines, whyLines } from '../../../src/cli/commands/why.ts';
import { printable } from '../../../src/cli/terminal.ts';
import { invisibleIn } from '../found.ts';
import type { FuzzKind, Json } from '../kind.ts';
import { hostileText } from '../texts.ts';

const NOW = Date.UTC(2026, 10, 21);
const KEY = `invalid:${'0123456789abcdef'.repeat(4)}`;

/** `T` stands for a text that somebody else wrote. */
const T = 'T';
const ALERT = {
  ...{
    id: 42,
    rule: T,
    title: T,
    level: T,
    status: 'resolved',
    backfilled: false,
    count: 3,
    firstAt: NOW,
    lastAt: NOW,
  },
  ...{ assignee: T, acknowledged: null, resolution: { reason: T, by: T, comment: T }, key: [{ field: T, value: T }] },
  ...{ latest: { actor: { id: T, name: T }, clientIp: T }, networks: 2 },
};
/** Those of one id stand under one line. */
const ONE_OF_A_GROUP = { ...ALERT, latest: { ...ALERT.latest, actor: { id: 'u-1', name: T } } };
const ROUTES = {
  to: [
    {
      ...{ receiver: T, via: 'route', path: T, line: 7, because: null, heldUntil: NOW, groupBy: T, mention: T },
      escalate: [{ afterMs: 60_000, to: T }],
    },
  ],
  not: [{ receiver: T, reason: T, minLevel: T }],
};
const EVIDENCE = { selection: T, field: T, value: T };
const ENTRY_WHY = {
  ...{ isOwnRead: false, rulesChanged: true },
  parts: [{ alert: ALERT, part: 'matched', decisions: [{ notify: false, reason: T, receivers: [T] }] }],
  matched: [
    {
      ...{
        rule: T,
        title: T,
        level: T,
        alerts: true,
        evidence: [EVIDENCE],
        joins: null,
        silencedBy: [4],
        routes: ROUTES,
      },
      countedBy: [{ rule: T, title: T, condition: T, excludedBy: [] }],
    },
  ],
  near: [{ rule: T, title: T, level: T, held: [EVIDENCE], failed: [{ ...EVIDENCE, excluded: true }] }],
};
const SILENCE = {
  ...{ id: 4, startsAt: NOW, endsAt: NOW + 1, author: T, via: T, comment: T, expiredBy: T },
  ...{ suppressed: 2, suppressedAt: NOW, alerts: [42] },
  matchers: { rules: [T], actors: [T], addresses: [T], levels: [T], tags: [T], fields: [{ field: T, values: [T, T] }] },
};
const ENTRY = { id: T, action: T, actor: { id: T, name: T }, target: { id: T, type: T } };
const RECORD = { key: KEY, id: T, problem: T, firstAt: NOW, isCut: true, isRecorded: false };
const STATUS = {
  health: { state: 'degraded', reasons: [{ kind: T, level: T, text: T }] },
  problems: [{ setting: T, severity: 'error', problem: T, meanwhile: T, hint: T }],
  status: {
    ...{ watching: 'watching', movedAt: NOW, failure: { message: T, since: NOW, at: NOW }, watermark: NOW, lagMs: 1 },
    ...{ checkpoint: null, staged: 0, counters: null, rules: { version: T, count: 1 } },
    receivers: [
      { name: T, state: 'failing', reason: T, lastDeliveredAt: null, failingSince: NOW, pending: 1, dead: 1 },
      { name: T, state: 'healthy', reason: null, lastDeliveredAt: NOW, failingSince: null, pending: 0, dead: 0 },
    ],
    alerts: {
      open: { high: 1 },
      newest: [{ id: 1, level: T, title: T, count: 1, firstAt: NOW, lastAt: NOW, status: 'open' }],
    },
    deliveries: { pending: 1, delivered: 1, dead: 1, suppressed: 0 },
    dead: [{ receiver: T, reason: T, settledAt: NOW }],
    waiting: [{ receiver: T, reason: T, dueAt: NOW }],
    healthAlerts: [{ kind: T, since: NOW, count: 2, summary: T, level: T, headline: T, hint: T }],
    inQuarantine: 1,
    quarantine: [{ key: T, problem: T, firstAt: NOW }],
    passes: [
      {
        ...{
          id: 1,
          kind: 'backfill',
          state: 'stopped',
          problem: T,
          rules: [{ rule: T, title: T }],
          beganAt: NOW,
          endedAt: NOW,
        },
        ...{ percent: 40, waitsUntil: null, failures: 1, entries: 1, skipped: 0, matches: 1, opened: 1 },
        backfill: { since: NOW, notify: false, who: T },
      },
    ],
  },
};

interface Command {
  readonly answer: unknown;
  readonly lines: (answer: never) => readonly string[];
}

const COMMANDS: readonly Command[] = [
  {
    answer: { alerts: [ONE_OF_A_GROUP, ONE_OF_A_GROUP, ALERT], next: 7, searchedTo: null },
    lines: (answer: AlertsAnswer) => alertsLines(answer, 'all', NOW),
  },
  {
    answer: {
      alert: ALERT,
      timeline: [
        {
          ...{ at: NOW, entry: ENTRY, part: 'matched', decisions: [{ notify: true, kind: T, reason: T }], number: T },
          evidence: [EVIDENCE],
        },
      ],
      ...{ more: 1, moreContributing: 0, acts: [{ at: NOW, act: 'assign', who: T, via: T, detail: { to: T } }] },
      ...{ decided: { grouped: 3 }, ruleIsGone: true, silencedBy: [4], routes: ROUTES },
      deliveries: ['dead', 'delivered', 'pending', 'suppressed'].map((state) => ({
        ...{ receiver: T, what: T, state, reason: T, attempts: 2, queuedAt: NOW, dueAt: NOW, settledAt: NOW },
      })),
    },
    lines: (answer: AlertAnswer) => whyLines(answer),
  },
  {
    answer: {
      tested: [
        { receiver: T, outcome: { kind: 'refused', reason: T } },
        { receiver: T, outcome: { kind: 'retry', reason: T, afterMs: null } },
      ],
    },
    lines: (answer: TestAnswer) => testLines(answer),
  },
  { answer: { records: [RECORD], next: 'a.b' }, lines: (answer: QuarantineAnswer) => listLines(answer, false) },
  { answer: { ...RECORD, text: T }, lines: (answer: QuarantinedRecord) => showLines(answer) },
  {
    answer: { name: T, kind: 'recorded', key: T, opened: [{ id: 1, title: T, level: T }] },
    lines: (answer: ReleasedRecord) => [releasedLine(answer)],
  },
  {
    answer: { name: T, kind: 'failed', key: T, problem: T },
    lines: (answer: ReleasedRecord) => [releasedLine(answer)],
  },
  { answer: STATUS, lines: (answer: StatusAnswer) => statusLines(answer, 'https://tocsin.example', NOW) },
  { answer: ENTRY_WHY, lines: (answer: EntryAnswer) => entryWhyLines('e-1', answer) },
  {
    answer: { silences: [SILENCE] },
    lines: (answer: { silences: SilenceAnswer[] }) => silencesLines(answer.silences, NOW),
  },
];

/** The kind; `fault` changes what is printed. */
export function cliKind(fault: (text: string) => string = (text) => text): FuzzKind {
  const kind: FuzzKind<never> = {
    name: 'cli',
    about: 'what the command line prints',
    share: 30_000,
    generate: (dice) => {
      const command = dice.between(0, COMMANDS.length - 1);
      const count = JSON.stringify(COMMANDS[command]?.answer).split('"T"').length - 1;
      const texts = Array.from({ length: count }, () => (dice.chance(0.6) ? 'plain' : hostileText(dice, 1_000)));
      return { command, texts } as never;
    },
    check({ command, texts }: { command: number; texts: readonly string[] }) {
      const { answer, lines } = COMMANDS[command] ?? (COMMANDS[0] as Command);
      const expected = lines(filled(answer, () => 'plain') as never);
      let next = 0;
      const found = lines(filled(answer, () => texts[next++] ?? 'plain') as never);
      const text = fault(found.join('\n'));
      const raw = invisibleIn(printable(text), true) ?? invisibleIn(text, true);
      if (raw !== null) return raw;
      // JSON of a record is indented over several lines.
      const isJson = command === 4 && found.length > expected.length;
      if (isJson) return null;
      const read = text.split('\n');
      if (read.length !== expected.length) return `${read.length} lines in place of ${expected.length}`;
      const other = read.find((line, i) => !hasWordsOf(line, expected[i] ?? ''));
      return other === undefined ? null : `a line without our own words: ${other}`;
    },
  };
  return kind as FuzzKind;
}

/** Whether a line has our own words of the expected one in their order, whatever stands in place of each `plain`; up to where it is cut. */
function hasWordsOf(line: string, expected: string): boolean {
  const words = expected.split(/plain|\s+/i).filter((word) => word !== '');
  let from = 0;
  return words.every((word) => {
    const at = line.indexOf(word, from);
    from = at < 0 ? line.length : at + word.length;
    return at >= 0 || line.endsWith('…');
  });
}

/** The answer with a text in place of each `T`. */
function filled(value: unknown, text: () => string): Json {
  return JSON.parse(JSON.stringify(value), (_, each: Json) => (each === T ? text() : each)) as Json;
}
