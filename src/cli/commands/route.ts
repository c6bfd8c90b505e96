/** `route`: where would the alerts of an entry go, and why? From the rules on this disk, or as a Tocsin says. */
import * as z from 'zod/mini';
import { routingWording, settingsWording, shownVia } from '../../alert/route-wording.ts';
import { DERIVED_FIELDS } from '../../audit-log/derived-fields.ts';
import { type RoutesDecision, routesOf } from '../../routing/routes.ts';
import { DEFAULT_MIN_LEVEL, type RoutedReceiver, type Routing } from '../../routing/routing.ts';
import { compile, type EntryBody, entryTime, type Rule } from '../../sigma/index.ts';
import { readId } from '../../text/ids.ts';
import { readInstant } from '../../text/times.ts';
import { API_ROUTE_PATH, apiAlertPath } from '../../web/api/paths.ts';
import { OK } from '../failure.ts';
import { declaredReceivers } from '../rule-list.ts';
import { safe, section, utc } from '../terminal.ts';
import { ROOT } from '../wrangler.ts';
import { ALERT } from './alerts.ts';
import { connect, defineCommand, FLAG, print, TEXT, targetUsage, UsageError } from './command.ts';
import { readEntry } from './read-entry.ts';
import { readRules } from './read-rules.ts';
import { becauseOf, notToLines, ROUTES, silencesOver, whereLines } from './routes-lines.ts';
import type { SilenceAnswer } from './silence.ts';
import { ENTRY_WHY, textWhyLines } from './why.ts';

/** A rule that the entry matches, or that counts it, and where its alert would go. */
export interface RoutedRule extends RoutesDecision {
  readonly rule: Pick<Rule, 'id' | 'title' | 'level' | 'path'>;
  /** `matches`: the entry opens or joins its alert. `counts`: a correlation that the entry may complete. */
  readonly part: 'matches' | 'counts';
}

export const route = defineCommand({
  summary: 'show where the alerts of an entry would go',
  usage: `usage: npm run tocsin -- route ENTRY.json [--at TIME] [--rules DIR] [--json]
       npm run tocsin -- route ENTRY.json --url URL [--json]
       npm run tocsin -- route ALERT [--json] [--url URL]

Shows for each rule that an entry matches which receivers its alert would go to, by which route, and why the others get
nothing. It reads the rules and routing.yml on this disk and asks no Tocsin; with --url it asks that one, which also says which
silences are over it, and which rules came near. ENTRY.json is a file with one entry of the audit log, such as its page shows
it; "-" reads the standard input. Of an alert, by its number, a Tocsin says where a match like its last one goes now.
The exit code is 1 if the rules, the routing or the entry can't be read, or there is no such alert.

  --at TIME     the time at which the alert opens, RFC 3339 (default: now); routes may have active times
  --rules DIR   the folder of rules (default: rules)
  --json        print one JSON object
${targetUsage(16, 'a responder')}`,
  options: { at: TEXT, rules: TEXT, json: FLAG, url: TEXT },
  allowPositionals: true,
  async run({ at: time, rules: folder, json: asJson, url }, context, [path, ...more]) {
    if (path === undefined) throw new UsageError('the file with the entry is missing');
    if (more.length > 0) throw new UsageError('only one entry at a time');
    // A file of such a name can be given as ./12.
    const isAlert = readId(path) !== null;
    if ((isAlert || url !== undefined) && (time !== undefined || folder !== undefined)) {
      throw new UsageError('--at and --rules are for the rules on this disk: a Tocsin has its own');
    }
    if (isAlert) {
      const request = { method: 'GET', path: apiAlertPath(Number(path), 'route') } as const;
      const client = connect(url, context);
      const { answer, json } = await client.ask(request, ALERT_ROUTE);
      print(context, asJson, json, asJson ? [] : alertRouteLines(answer, await silencesOver(client, [answer])));
      return OK;
    }
    if (url !== undefined) {
      const body = JSON.stringify(readEntry(path));
      const request = { method: 'POST', path: API_ROUTE_PATH, body } as const;
      const client = connect(url, context);
      const { answer, json } = await client.ask(request, ENTRY_WHY);
      const silences = asJson ? [] : await silencesOver(client, answer.matched);
      print(context, asJson, json, textWhyLines(answer, silences).slice(1));
      return OK;
    }
    const rules = folder ?? `${ROOT}rules`;
    const at = time === undefined ? context.now() : readInstant(time);
    if (at === null) throw new UsageError('--at must be a time such as 2026-01-31T22:30:00Z');
    const body = readEntry(path);
    const { ruleSet, routing } = readRules(rules, context);
    const receivers = receiversOf(routing);
    const found = routedRules(
      ruleSet.rules,
      compile(ruleSet, { derived: DERIVED_FIELDS })
        .evaluate(body, entryTime(body) ?? at)
        .map(({ rule }) => rule),
      ({ id, level, tags, tocsin }) =>
        routesOf(routing, receivers, { rule: id, level, tags, receivers: tocsin.receivers, body }, at),
    );
    print(context, asJson, { at, routing: routing !== null, rules: found }, routeLines(found, routing, body, at));
    return OK;
  },
});

const ALERT_ROUTE = z.object({ alert: ALERT, silencedBy: z.array(z.number()), routes: ROUTES });

function alertRouteLines(answer: z.output<typeof ALERT_ROUTE>, silences: readonly SilenceAnswer[]): readonly string[] {
  const { alert } = answer;
  return [
    `Alert ${alert.id}  ${safe(alert.level).toUpperCase()}  ${safe(alert.title)}`,
    ...section('A match like its last one goes now', whereLines(answer, silences)),
  ];
}

/** Without a routing, the receivers are those whose secret is set, which only the Worker knows. */
const ALL_SET = 'every receiver whose secret is set';

function receiversOf(routing: Routing | null): readonly RoutedReceiver[] {
  return routing === null
    ? [{ name: ALL_SET, minLevel: DEFAULT_MIN_LEVEL, problem: null }]
    : declaredReceivers(routing);
}

/** The rules that alert, of those that match and of the correlations that count these, directly or not. */
export function routedRules(
  rules: readonly Rule[],
  matched: readonly Rule[],
  decide: (rule: Rule) => RoutesDecision,
): readonly RoutedRule[] {
  const ids = new Set(matched.map(({ id }) => id));
  const counting: Rule[] = [];
  let before = -1;
  // A correlation may count correlations, in any order of the files.
  while (before !== counting.length) {
    before = counting.length;
    for (const rule of rules) {
      if (rule.kind !== 'correlation' || ids.has(rule.id) || !rule.rules.some((id) => ids.has(id))) continue;
      ids.add(rule.id);
      counting.push(rule);
    }
  }
  const routed = (rule: Rule, part: RoutedRule['part']): RoutedRule => {
    const { id, title, level, path } = rule;
    return { rule: { id, title, level, path }, part, ...decide(rule) };
  };
  return [
    ...matched.filter(({ alerts }) => alerts).map((rule) => routed(rule, 'matches')),
    ...counting.filter(({ alerts }) => alerts).map((rule) => routed(rule, 'counts')),
  ];
}

export function routeLines(
  found: readonly RoutedRule[],
  routing: Routing | null,
  body: EntryBody,
  at: number,
): readonly string[] {
  const occurredAt = entryTime(body);
  return [
    `An entry${occurredAt === null ? '' : ` of ${utc(occurredAt)}`}, its alerts at ${utc(at)}; ${routingWording(routing)}`,
    ...(found.length === 0 ? ['', 'No rule matches it: nobody is notified.'] : []),
    ...found.flatMap(({ rule, part, to, not }) =>
      section(
        `${safe(rule.level).toUpperCase()}  ${safe(rule.title)} (${safe(rule.path)})${part === 'counts' ? ', if this entry completes it' : ''}`,
        [
          ...to.flatMap((each) => [
            `to ${safe(each.receiver)}: ${becauseOf(shownVia(each.via), each.heldUntil)}`,
            ...[settingsWording(each.settings)].flatMap((text) => (text === '' ? [] : [`   ${safe(text)}`])),
          ]),
          ...(to.length === 0 ? ['to nobody'] : []),
          ...notToLines(not),
        ],
      ),
    ),
  ];
}
