/**
 * What a backtest found, as text for a terminal, and as JSON. Pure.
 *
 * Contract: what others wrote (titles, names, paths) is one harmless line in its place.
 */
import { notNotifiedWording } from '../../alert/decision-wording.ts';
import type { BacktestResult, PastAlert } from '../../backtest/backtest.ts';
import { type Difference, isNotified, type RuleSummary } from '../../backtest/summary.ts';
import { LEVELS } from '../../sigma/index.ts';
import { counted, numberText } from '../../text/numbers.ts';
import { oneLine } from '../../text/untrusted.ts';
import { safe, section, utc } from '../terminal.ts';

/** A backtest of one set of rules. */
export interface Tried {
  readonly version: string;
  readonly result: BacktestResult;
  /** Of the rules that were asked for. */
  readonly summaries: readonly RuleSummary[];
}

export interface Report extends Tried {
  readonly notes: readonly string[];
  /** What another set of rules would have done with the same entries; null: not asked for. */
  readonly against: (Tried & { readonly ref: string; readonly difference: Difference }) | null;
  /** How many alerts are shown of each rule, and of each kind of difference. */
  readonly samples: number;
}

const DAY_MS = 24 * 60 * 60_000;
/** As many columns fit beside the numbers. Longer times are shown in weeks. */
const COLUMNS_MAX = 62;
/** Of the rules that did not match. */
const LISTED_MAX = 10;
const NAME_CHARS = 40;
const PATH_CHARS = 80;

/** The report for a terminal. */
export function reportLines(report: Report): readonly string[] {
  const { result, summaries, against } = report;
  const said = [...report.notes, ...result.problems.map((problem) => `Tocsin would have reported: ${safe(problem)}.`)];
  const head = [headline(report), ...said];
  if (against !== null) return [...head, ...differenceLines(report, against)];
  const alerting = bySeverity(summaries.filter(({ alerts }) => alerts > 0));
  const counting = summaries.filter(({ alerts, matches }) => alerts === 0 && matches > 0);
  const quiet = summaries.filter(({ matches }) => matches === 0);
  return [
    ...head,
    '',
    totals(report),
    ...(alerting.length === 0 ? [] : ['', ...ruleTable(alerting, result)]),
    ...section(
      'Matched, without an alert of their own',
      counting.map(({ rule, matches }) => `${numberText(matches).padStart(9)}  ${safe(rule.title)}`),
    ),
    ...section(`Did not match (${quiet.length})`, listed(quiet.map(({ rule }) => safe(rule.title)))),
    ...alerting.flatMap(({ rule, alerts, samples }) => {
      const more = alerts - samples.length;
      const heading = `${rule.level.toUpperCase()}  ${safe(rule.title)} (${safe(rule.path)})`;
      const lines = samples.map(alertLine);
      return section(heading, more > 0 && lines.length > 0 ? [...lines, `and ${counted(more, 'more alert')}`] : lines);
    }),
  ];
}

function listed(lines: readonly string[]): readonly string[] {
  const more = lines.length - LISTED_MAX;
  return more > 1 ? [...lines.slice(0, LISTED_MAX), `and ${numberText(more)} more`] : lines;
}

/** `10,204 entries, 2026-01-05 12:00:00 UTC to …. 15 rules of version …`. */
function headline({ result: { entries, before, from, to }, summaries, version }: Tried): string {
  const rules = counted(summaries.length, 'rule');
  const times = from === null || to === null ? '' : `, ${utc(from)} to ${utc(to)}`;
  const lead = before === 0 ? '' : `; ${counted(before, 'earlier entry', 'earlier entries')} filled windows`;
  return `${counted(entries, 'entry', 'entries')}${times}${lead}. ${rules} of version ${safe(version)}.`;
}

/** How many of what, and how many on a day. */
function totals(tried: Tried): string {
  const { summaries, result } = tried;
  const alerts = sumOf(summaries, 'alerts');
  if (alerts === 0) return 'No alerts.';
  const days = daysOf(result);
  const perDay = countsPer(alertDays(summaries, result), days, DAY_MS);
  const most = Math.max(...perDay);
  const busiest = days[perDay.indexOf(most)];
  const onDay = busiest === undefined || days.length < 2 ? '' : `, ${most} on ${dayText(busiest)}`;
  const average = days.length < 2 ? '' : ` (${numberText(Math.round((10 * alerts) / days.length) / 10)} a day${onDay})`;
  const notified = sumOf(summaries, 'notified');
  const whom =
    notified === 0 ? 'nobody is notified' : notified === alerts ? 'all notified' : `${numberText(notified)} notified`;
  return `${counted(alerts, 'alert')}${average}, ${whom}. Messages: ${messagesText(tried)}.`;
}

/** By receiver, what it would have got about the alerts of these rules. */
function messagesText({ result: { messages, alerts }, summaries }: Tried): string {
  const rules = new Set(summaries.map(({ rule }) => rule.id));
  const shown = new Set(alerts.flatMap(({ id, rule }) => (rules.has(rule) ? [id] : [])));
  const of = messages.filter((message) => message.alerts.some((id) => shown.has(id)));
  const byReceiver = [...Map.groupBy(of, ({ receiver }) => receiver)].sort(([a], [b]) => (a < b ? -1 : 1));
  return byReceiver.length === 0
    ? 'none'
    : byReceiver.map(([name, its]) => `${safe(name)} ${numberText(its.length)}`).join(', ');
}

/** A row for each rule: its numbers, and its alerts by day. */
function ruleTable(summaries: readonly RuleSummary[], result: BacktestResult): readonly string[] {
  const days = daysOf(result);
  const step = days.length > COLUMNS_MAX ? 7 * DAY_MS : DAY_MS;
  const times = days.filter((_, i) => i % (step / DAY_MS) === 0);
  const first = times[0];
  const per = `PER ${step === DAY_MS ? 'DAY' : 'WEEK'}${first === undefined ? '' : `, FROM ${dayText(first).slice(5)}`}`;
  const rows = summaries.map((summary) => [
    summary.rule.level.toUpperCase(),
    ...[summary.alerts, summary.notified, summary.matches].map(numberText),
    countsPer(alertDays([summary], result), times, step)
      .map(countCharacter)
      .join(''),
    safe(summary.rule.title),
  ]);
  return columns([['LEVEL', 'ALERTS', 'NOTIFIED', 'MATCHES', per, 'RULE'], ...rows], [1, 2, 3]);
}

function countCharacter(count: number): string {
  return count === 0 ? '·' : count < 10 ? String(count) : '+';
}

/** The days on which alerts opened. */
function alertDays(summaries: readonly RuleSummary[], result: BacktestResult): readonly (readonly [number, number])[] {
  const ids = new Set(summaries.map(({ rule }) => rule.id));
  return result.rules
    .filter(({ rule }) => ids.has(rule))
    .flatMap(({ days }) => days.map(({ day, alerts }): readonly [number, number] => [day, alerts]));
}

function countsPer(counts: readonly (readonly [number, number])[], times: readonly number[], step: number): number[] {
  return times.map((time) => counts.reduce((sum, [day, n]) => sum + (day >= time && day < time + step ? n : 0), 0));
}

/** Every day of the entries, and the one on which the last of them was read. */
function daysOf({ from, to, rules }: BacktestResult): readonly number[] {
  if (from === null || to === null) return [];
  const last = Math.max(to, ...rules.flatMap(({ days }) => days.map(({ day }) => day)));
  const first = Math.floor(from / DAY_MS);
  return Array.from({ length: Math.floor(last / DAY_MS) - first + 1 }, (_, i) => (first + i) * DAY_MS);
}

function differenceLines(report: Report, { difference, ...before }: NonNullable<Report['against']>): readonly string[] {
  const { added, removed, changed, same } = difference;
  const { samples } = report;
  const isSame = added.length + removed.length + changed.length === 0;
  const kept = `${counted(same, 'alert')} the same`;
  const messages = `Messages: ${messagesText(before)}; with this change ${messagesText(report)}.`;
  const part = (title: string, alerts: readonly PastAlert[], lineOf: (alert: PastAlert) => string): string[] => {
    const more = alerts.length - Math.min(samples, alerts.length);
    const lines = alerts.slice(0, samples).map(lineOf);
    return section(title, more > 0 && lines.length > 0 ? [...lines, `and ${numberText(more)} more`] : lines);
  };
  const rows = changedRules(report, before);
  return [
    '',
    isSame
      ? `No other alerts than with ${safe(before.ref)}: ${kept}.`
      : `Against ${safe(before.ref)}: ${changeText(difference)}, ${kept}.`,
    messages,
    ...(rows.length === 0 ? [] : ['', ...columns([['LEVEL', 'ALERTS', 'NOTIFIED', 'MATCHES', 'RULE'], ...rows], [])]),
    ...part('Added', added, titledLine),
    ...part('Removed', removed, titledLine),
    ...part(
      'Changed',
      changed.map(({ after }) => after),
      (alert) => {
        const old = changed.find(({ after }) => after === alert)?.before;
        return `${titledLine(alert)}${old === undefined ? '' : ` (was ${old.level}, ${notifiedText(old)})`}`;
      },
    ),
  ];
}

/** `3 alerts added, 1 removed, 2 changed`. */
export function changeText({ added, removed, changed }: Difference): string {
  return `${counted(added.length, 'alert')} added, ${numberText(removed.length)} removed, ${numberText(changed.length)} changed`;
}

/** A row for each rule that did something else than before. */
export function changedRules({ summaries }: Tried, before: Tried): readonly (readonly string[])[] {
  const old = new Map(before.summaries.map((summary) => [summary.rule.id, summary]));
  const all = [...summaries, ...before.summaries.filter(({ rule }) => !summaries.some((of) => of.rule.id === rule.id))];
  return bySeverity(all).flatMap((each) => {
    const [was, is] = [old.get(each.rule.id), summaries.find(({ rule }) => rule.id === each.rule.id)];
    const cells = (['alerts', 'notified', 'matches'] as const).map(
      (name) => [was?.[name] ?? 0, is?.[name] ?? 0] as const,
    );
    const [from, to] = [was?.rule.level ?? each.rule.level, is?.rule.level ?? each.rule.level];
    if (was !== undefined && is !== undefined && from === to && cells.every(([a, b]) => a === b)) return [];
    const note = was === undefined ? ' (new)' : is === undefined ? ' (gone)' : '';
    const texts = cells.map(([a, b]) => (a === b ? numberText(a) : `${numberText(a)} → ${numberText(b)}`));
    const level = from === to ? from : `${from} → ${to}`;
    return [[level.toUpperCase(), ...texts, `${safe(each.rule.title)}${note}`]];
  });
}

export function bySeverity(summaries: readonly RuleSummary[]): readonly RuleSummary[] {
  return [...summaries].sort(
    (a, b) => LEVELS.indexOf(b.rule.level) - LEVELS.indexOf(a.rule.level) || b.alerts - a.alerts,
  );
}

function sumOf(summaries: readonly RuleSummary[], of: 'alerts' | 'notified'): number {
  return summaries.reduce((sum, summary) => sum + summary[of], 0);
}

/** Rows with their cells below each other. `right`: the columns that are aligned to the right. */
function columns(rows: readonly (readonly string[])[], right: readonly number[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((text, i) => (right.includes(i) ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function alertLine(alert: PastAlert): string {
  return `${utc(alert.firstAt)}  ${whatOf(alert)}`;
}

function titledLine(alert: PastAlert): string {
  return `${utc(alert.firstAt)}  ${alert.level.toUpperCase()}  ${safe(alert.title)}: ${whatOf(alert)}`;
}

/** Who did what, from where, how often, and with which entry it began. */
function whatOf(alert: PastAlert): string {
  const { opening, count } = alert;
  const where = opening.clientIp === null ? '' : ` from ${oneLine(opening.clientIp, NAME_CHARS)}`;
  return `${actorOf(opening)}${where}: ${requestOf(opening)}; ${counted(count, 'match', 'matches')}, ${notifiedText(alert)}; entry ${safe(opening.id)}`;
}

/** The name or id of who did it. */
export function actorOf({ actor }: PastAlert['opening']): string {
  return oneLine(actor.name ?? actor.id ?? '', NAME_CHARS) || 'unauthenticated';
}

/** What was asked for: method and path, else the action. */
export function requestOf({ method, path, action }: PastAlert['opening']): string {
  const request = [method, path].filter((text) => text !== null).join(' ');
  return oneLine(request === '' ? (action ?? '') : request, PATH_CHARS) || '–';
}

/** Whom it notified, or why nobody. */
export function notifiedText(alert: PastAlert): string {
  if (isNotified(alert)) return `notified ${Object.keys(alert.notified).map(safe).join(', ')}`;
  return `not notified: ${notNotifiedWording(alert.notNotified ?? '')}`;
}

/** `2026-01-05`. */
export function dayText(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}

/** The report as JSON. Times are ms since the epoch. */
export function reportJson(report: Report): object {
  const { against, notes, result } = report;
  return {
    ...triedJson(report),
    problems: result.problems,
    notes,
    ...(against !== null && {
      against: {
        ref: against.ref,
        ...triedJson(against),
        added: against.difference.added,
        removed: against.difference.removed,
        changed: against.difference.changed,
        same: against.difference.same,
      },
    }),
  };
}

function triedJson({ result, summaries, version }: Tried): object {
  const { entries, before, from, to, messages } = result;
  const days = new Map(result.rules.map(({ rule, days: of }) => [rule, of]));
  return {
    ...{ version, entries, before, from, to },
    rules: summaries.map(({ rule, ...of }) => ({ ...rule, ...of, days: days.get(rule.id) ?? [] })),
    messages: Object.fromEntries(
      [...Map.groupBy(messages, ({ receiver }) => receiver)].map(([name, of]) => [name, of.length]),
    ),
  };
}
