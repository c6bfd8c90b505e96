/**
 * The pages: what people look at, rendered here and whole. Whoever mounts them has let the caller in; what a caller may
 * see of it is decided here, by asking the ledger within their scope.
 */

import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { entryView } from '../../alert/entry-view.ts';
import { createClient } from '../../audit-log/client.ts';
import { UpstreamError } from '../../audit-log/errors.ts';
import type { EntryDetails } from '../../ledger/rpc.ts';
import { ruleSet, ruleSources } from '../../rules.gen.ts';
import { type AppDeps, scopeOf, type WebEnv } from '../context.ts';
import { PAGE_HEADERS } from '../headers.ts';
import { alertPage } from './alert.tsx';
import { alertsPage, readAlertId, readAlertQuery } from './alerts.tsx';
import { entryPage } from './entry.tsx';
import { frontPage } from './front.tsx';
import { createAssets } from './parts/assets.ts';
import { rulePage } from './rule.tsx';
import { rulesPage } from './rules.tsx';
import { missingPage, unboundPage, upstreamPage } from './states.tsx';

export { ASSETS_PATH } from './parts/assets.ts';
export { errorPage, missingPage, refusedPage, SESSION_PATH, signInPage } from './states.tsx';

/** A person waits: better an answer that it can't be had now. */
const UPSTREAM_MS = 10_000;
/** A page shows no more of an entry that only the upstream has, in bytes; /v1/audit_logs/:id hands on what is longer. */
const MOST_SHOWN = 4 * 1024 * 1024;

type Web = Context<WebEnv>;

/** The pages' own routes; all but those below `ASSETS_PATH` need a caller. */
export function createPages({ config, ledger, now, fetch }: AppDeps): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  app.route('/', createAssets());

  app.get('/', async (c) => {
    const overview = ledger === null ? null : await ledger.overview();
    return send(c, frontPage({ caller: c.var.caller, overview, problems: config.problems, now: now() }));
  });

  app.get('/alerts', async (c) => {
    if (ledger === null) return unbound(c);
    const query = readAlertQuery((name) => c.req.query(name));
    const list = await ledger.alerts(query);
    return send(c, alertsPage({ caller: c.var.caller, query, list, ruleTitle: ruleOf(query.rule)?.title ?? null }));
  });

  app.get('/alerts/:id', async (c) => {
    const { caller } = c.var;
    const id = readAlertId(c.req.param('id'));
    const scope = scopeOf(caller);
    if (id === null || (scope !== null && scope !== id)) return missing(c);
    if (ledger === null) return unbound(c);
    const found = await ledger.alert(id);
    if (found === null) return missing(c);
    return send(c, alertPage({ caller, found, rule: ruleOf(found.alert.rule), now: now() }));
  });

  app.get('/entries/:id', async (c) => {
    const { caller } = c.var;
    if (ledger === null) return unbound(c);
    const id = c.req.param('id');
    const scope = scopeOf(caller);
    const found = await ledger.entry(id, scope);
    if (found !== null) return send(c, entryPage({ caller, found }));
    // A link opens what its alert holds; what the ledger has not, no alert of its holds.
    if (scope !== null) return missing(c);
    const asked = await askUpstream(id);
    switch (asked.kind) {
      case 'found':
        return send(c, entryPage({ caller, found: asked.entry, unrecorded: true }));
      case 'none':
        return missing(c);
      case 'failed':
        return send(c, upstreamPage(caller, asked.reason), 502);
    }
  });

  app.get('/rules', async (c) => {
    const activity = ledger === null ? [] : await ledger.rules();
    const { rules, version } = ruleSet;
    return send(c, rulesPage({ caller: c.var.caller, rules, version, activity }));
  });

  app.get('/rules/:id', async (c) => {
    const rule = ruleOf(c.req.param('id'));
    if (rule === null) return missing(c);
    const activity = ledger === null ? [] : await ledger.rules();
    const source = Object.hasOwn(ruleSources, rule.path) ? (ruleSources[rule.path] ?? null) : null;
    const found = activity.find((of) => of.rule === rule.id) ?? null;
    return send(c, rulePage({ caller: c.var.caller, rule, activity: found, source, ruleOf }));
  });

  type Asked =
    | { readonly kind: 'found'; readonly entry: EntryDetails }
    | { readonly kind: 'none' }
    /** In words, without secrets. */
    | { readonly kind: 'failed'; readonly reason: string };

  async function askUpstream(id: string): Promise<Asked> {
    if (config.upstream === null) return { kind: 'none' };
    const sleep = (): Promise<void> => Promise.resolve();
    const client = createClient({
      ...config.upstream,
      fetch,
      sleep,
      now,
      timeoutMs: UPSTREAM_MS,
      retries: 0,
      maxBytes: MOST_SHOWN,
    });
    try {
      const answer = await client.get(id);
      if (answer === null) return { kind: 'none' };
      const { created_at: created } = answer.entry;
      const createdAt = Date.parse(String(created));
      return { kind: 'found', entry: unrecorded(entryView(id, createdAt, answer.entry), answer.body) };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      return error.kind === 'bad-request' ? { kind: 'none' } : { kind: 'failed', reason: error.message };
    }
  }

  return app;
}

function ruleOf(id: string | null) {
  return ruleSet.rules.find((rule) => rule.id === id) ?? null;
}

/** What is known of an entry that only the upstream has. */
function unrecorded(entry: ReturnType<typeof entryView>, text: string): EntryDetails {
  const actorActivity = {
    actor: null,
    withinMs: 0,
    before: [],
    after: [],
    moreBefore: false,
    moreAfter: false,
    open: [],
  };
  return { entry: { ...entry, seq: 0 }, text, cut: false, rules: [], rulesChanged: false, parts: [], actorActivity };
}

function send(c: Web, document: string, status: 200 | 404 | 502 | 503 = 200): Response {
  return c.body(document, status, { ...PAGE_HEADERS });
}

function missing(c: Web): Response {
  return send(c, missingPage(c.var.caller), 404);
}

function unbound(c: Web): Response {
  return send(c, unboundPage(c.var.caller), 503);
}

export { PAGE_HEADERS } from '../headers.ts';
