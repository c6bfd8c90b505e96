/**
 * The pages' routes. Each reads what a page shows and returns the whole document.
 *
 * Contract: `authorize` has run before; within the pages open to links, the ledger is only asked within the scope of the
 * caller's links.
 */
import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { readSegment } from '../../http/segment.ts';
import { EVERY_ALERT } from '../../ledger/alert-query.ts';
import type { AlertList, AlertSummary } from '../../ledger/rpc.ts';
import { disabled, ruleSet } from '../../rules.gen.ts';
import { listedRules } from '../../sigma/index.ts';
import { readId } from '../../text/ids.ts';
import { DID_PARAM, readDid, SILENCES_PAGE } from '../act-paths.ts';
import { type Caller, othersOfMessage, passesTo, scopeOf, type VisitorDeps, type WebEnv } from '../context.ts';
import { formToken } from '../form-token.ts';
import { PAGE_HEADERS } from '../headers.ts';
import { QUARANTINE_PAGE, readCursor, readQuarantineKey } from '../quarantine-path.ts';
import { SECURITY_PAGE } from '../security-path.ts';
import { alertPage } from './alert.tsx';
import { alertsPage, readAlertQuery } from './alerts.tsx';
import { entryPage } from './entry.tsx';
import { missingPage, unboundPage, upstreamPage } from './errors.tsx';
import { overviewPage } from './overview.tsx';
import { quarantinedPage, quarantinePage } from './quarantine.tsx';
import { disabledRulePage, rulePage } from './rule.tsx';
import { readRuleFile } from './rule-file.ts';
import { rulesPage } from './rules.tsx';
import { securityPage } from './security.tsx';
import { silencesPage } from './silences.tsx';
import { readUpstreamEntry } from './upstream-entry.ts';

type Web = Context<WebEnv>;

/** Of the same actor, on the page of an alert. */
const OTHERS_MAX = 10;

/** The routes of all pages, as they are in the policy. */
export function pageRoutes(deps: VisitorDeps): Hono<WebEnv> {
  const { config, ledger, now } = deps;
  const app = new Hono<WebEnv>();

  app.get('/', async (c) => {
    const overview = ledger === null ? null : await ledger.overview();
    const { problems, publicUrl } = config;
    return send(c, overviewPage({ caller: c.var.caller, overview, problems, publicUrl, now: now() }));
  });

  app.get('/alerts', async (c) => {
    if (ledger === null) return unbound(c);
    const query = readAlertQuery((name) => c.req.query(name), now());
    const { given: _, ...asked } = query;
    const list = await ledger.alerts(asked);
    return send(c, alertsPage({ ...actsOn(c), query, list, rules: rules() }));
  });

  app.get('/alerts/:id', async (c) => {
    const { caller } = c.var;
    const id = readId(c.req.param('id'));
    const scope = scopeOf(caller);
    if (id === null || scope?.every(({ alert }) => alert !== id)) return missing(c);
    if (ledger === null) return unbound(c);
    const found = await ledger.alert(id, scope);
    if (found === null) return missing(c);
    const others = scope === null ? await othersOf(found.alert) : null;
    const linked = await linkedWith(caller, id);
    const rule = ruleOf(found.alert.rule);
    const isDisabled = disabled.some((each) => each.id === found.alert.rule);
    return send(c, alertPage({ ...actsOn(c, id), details: found, rule, isDisabled, others, linked }));
  });

  app.get(SILENCES_PAGE, async (c) => {
    if (ledger === null) return unbound(c);
    return send(c, silencesPage({ ...actsOn(c), silences: await ledger.silences(), rules: rules() }));
  });

  app.get('/entries/:id', async (c) => {
    const { caller } = c.var;
    if (ledger === null) return unbound(c);
    const id = readSegment(c.req.param('id'));
    const scope = scopeOf(caller);
    const found = await ledger.entry(id, scope);
    if (found !== null) return send(c, entryPage({ caller, details: found }));
    // The entries of a link's alert are all in the ledger.
    if (scope !== null) return missing(c, true);
    const read = await readUpstreamEntry(id, deps);
    switch (read.kind) {
      case 'found':
        return send(c, entryPage({ caller, details: read.entry, unrecorded: true }));
      case 'missing':
        return missing(c, true);
      case 'failed':
        return send(c, upstreamPage(caller, read.reason), 502);
    }
  });

  app.get(QUARANTINE_PAGE, async (c) => {
    if (ledger === null) return unbound(c);
    // An invalid `before` is ignored, as in the list of alerts.
    const before = readCursor(c.req.query('before')) ?? null;
    return send(c, quarantinePage({ caller: c.var.caller, list: await ledger.quarantine(before), before }));
  });

  app.get(`${QUARANTINE_PAGE}/:key`, async (c) => {
    const key = readQuarantineKey(c.req.param('key'));
    if (key === null) return missing(c);
    if (ledger === null) return unbound(c);
    const shown = await ledger.quarantined(key);
    return shown.kind === 'found' ? send(c, quarantinedPage(c.var.caller, shown.record)) : missing(c);
  });

  app.get('/rules', async (c) => {
    const activity = ledger === null ? [] : await ledger.rules();
    return send(
      c,
      rulesPage({ caller: c.var.caller, rules: rules(), disabled, version: ruleSet.version, activity, setup: config }),
    );
  });

  app.get('/rules/:id', async (c) => {
    const id = readSegment(c.req.param('id'));
    const rule = ruleOf(id);
    if (rule === null) {
      const off = disabled.find((each) => each.id === id);
      if (off === undefined) return missing(c);
      return send(c, disabledRulePage(c.var.caller, off, await readRuleFile(config.assets, off)));
    }
    const activity = ledger === null ? [] : await ledger.rules();
    const found = activity.find((of) => of.rule === rule.id) ?? null;
    const file = await readRuleFile(config.assets, rule);
    return send(
      c,
      rulePage({ caller: c.var.caller, rule, activity: found, file, rules: ruleSet.rules, setup: config }),
    );
  });

  app.get(SECURITY_PAGE, async (c) => {
    if (ledger === null) return unbound(c);
    // An invalid `before` is ignored, as in the list of alerts.
    const before = readId(c.req.query('before'));
    return send(c, securityPage({ caller: c.var.caller, log: await ledger.securityLog(before), before }));
  });

  /** What every page with forms is made from. */
  function actsOn(c: Web, alert?: number) {
    const { caller } = c.var;
    const time = now();
    return { caller, token: formToken(config, caller, time, alert), did: readDid(c.req.query(DID_PARAM)), now: time };
  }

  /** The other alerts of the message that the caller has a link of. */
  async function linkedWith(caller: Caller, id: number): Promise<readonly AlertSummary[]> {
    const [pass] = passesTo(caller, id);
    const others = othersOfMessage(caller, id);
    if (ledger === null || pass === undefined || others.length === 0) return [];
    return await ledger.linked(others.map((alert) => ({ alert, ledger: pass.ledger })));
  }

  /** Other unresolved alerts of its actor. */
  async function othersOf({ id, latest }: AlertSummary): Promise<AlertList | null> {
    const actor = latest?.actor.id ?? latest?.actor.name ?? null;
    if (ledger === null || actor === null) return null;
    const list = await ledger.alerts({ ...EVERY_ALERT, status: 'unresolved', actor, most: OTHERS_MAX + 1 });
    const alerts = list.alerts.filter((alert) => alert.id !== id);
    return { ...list, alerts: alerts.slice(0, OTHERS_MAX) };
  }

  return app;
}

/** Those that people know; parsed on first use. */
function rules() {
  return listedRules(ruleSet.rules);
}

function ruleOf(id: string | null) {
  return rules().find((rule) => rule.id === id) ?? null;
}

function send(c: Web, document: string, status: 200 | 404 | 502 | 503 = 200): Response {
  return c.body(document, status, { ...PAGE_HEADERS });
}

function missing(c: Web, isEntry = false): Response {
  return send(c, missingPage(c.var.caller, isEntry), 404);
}

function unbound(c: Web): Response {
  return send(c, unboundPage(c.var.caller), 503);
}
