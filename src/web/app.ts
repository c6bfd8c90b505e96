/**
 * The Hono app: everything the Worker serves over HTTP. Denied by default: before any handler runs, the caller is
 * authenticated and the policy is checked. Handlers get the caller as `c.get('caller')`.
 *
 * Contract: a refused caller gets the same response whatever exists, and neither the ledger nor the upstream is asked for
 * it. Refusals are counted in memory, and an isolate asks the ledger to add them at most once a minute (security.ts).
 */

import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { Hono } from 'hono/tiny';
import { log } from '../text/log.ts';
import { actRoutes } from './acts.ts';
import { CSRF_HEADER } from './api/paths.ts';
import { apiRoutes } from './api/routes.ts';
import { authenticate } from './authenticate.ts';
import { backfillRoutes } from './backfill.ts';
import type { AllDeps, AppDeps, VisitorDeps, WebEnv } from './context.ts';
import { isOurForm } from './forms.ts';
import { headers } from './headers.ts';
import { openLink } from './links.ts';
import { lookupRoutes } from './lookup.ts';
import { operatorRoutes } from './operator.ts';
import { operatorProof, proofId, readOperatorRequest } from './operator-request.ts';
import { pagerDutyRoutes } from './pagerduty-webhook.ts';
import { pageRoutes } from './pages/routes.ts';
import { accessOf, areaOf, hasAccess, isScoped, takesProof } from './policy.ts';
import { quarantineRoutes } from './quarantine.ts';
import { createRateLimit } from './rate-limit.ts';
import { failed, forbidden, missing, refused, spent, tooMany, unavailable } from './responses.ts';
import { restoreRoutes } from './restore.ts';
import { refuse } from './security.ts';
import { sessionRoutes } from './session.ts';
import { slackRoutes } from './slack-actions.ts';
import { viewerRoutes } from './viewers.ts';
import { BudgetSpent, visitorLedger } from './visitor-ledger.ts';

const NEEDS_RESPONDER =
  'this needs a token with the role responder: an operator can make one (viewers add NAME --role responder)';
/** A session's cookie is sent by any site's page; this header is not. No token is needed in pages, and nothing is stored. */
const NOT_OUR_PAGE = `with a session, only pages of Tocsin may do this, with the header ${CSRF_HEADER}: 1. Programs send a viewer token`;

/** The app for one request's settings. */
export function createApp(deps: AllDeps): Hono<WebEnv> {
  const { config, ledger } = deps;
  const app = new Hono<WebEnv>();

  app.use(headers);
  app.use(authorize(deps));

  app.get('/healthz', (c) => {
    const ok = config.upstream !== null && ledger !== null;
    return c.json({ ok }, ok ? 200 : 503);
  });
  app.route('/', sessionRoutes(deps));
  app.route('/', slackRoutes(deps));
  app.route('/', pagerDutyRoutes(deps));
  app.route('/', operatorRoutes(deps));
  app.route('/', restoreRoutes(deps));
  app.route('/', backfillRoutes(deps));
  app.route('/', quarantineRoutes(deps));
  app.route('/', viewerRoutes(deps));
  const visitors: VisitorDeps = { ...deps, ledger: ledger === null ? null : visitorLedger(ledger) };
  app.route('/', lookupRoutes(visitors));
  app.route('/', apiRoutes(deps, visitors));
  app.route('/', pageRoutes(visitors));
  app.route('/', actRoutes(deps));

  app.notFound(missing);
  app.onError((error, c) => {
    if (error instanceof BudgetSpent) return spent(c, error.until, deps.now());
    log('error', { at: 'fetch', error: error.message });
    return failed(c);
  });
  return app;
}

/** Limits, authenticates the caller and checks the policy, also for paths that don't exist. */
function authorize(deps: AppDeps): MiddlewareHandler<WebEnv> {
  return async (c, next) => {
    const limit = createRateLimit(deps, c);
    c.set('limit', limit);
    const refuseLimited = (seconds: number): Response => {
      refuse(c, deps, 'rate limit');
      return tooMany(c, seconds);
    };
    // Hono's tiny router ignores a slash at the end; no route of ours has one.
    const access = /.\/$/.test(c.req.path) ? null : accessOf(c.req.method, matchedRoutes(c));
    if (access === 'unlimited') return await next();
    if (access === 'open') {
      const wait = await limit.open();
      return wait === null ? await next() : refuseLimited(wait);
    }
    const opened = access === 'scoped' && areaOf(c.req.path) === 'pages' ? await openLink(c, deps) : null;
    if (opened !== null) return opened;
    const proof = takesProof(access) ? operatorProof(c, deps) : null;
    if (proof === null) {
      const authenticated = await authenticate(c, deps, isScoped(access));
      if (authenticated.kind === 'unknown') return unavailable(c);
      if (authenticated.kind === 'limited') return refuseLimited(authenticated.wait);
      const wait = await (authenticated.kind === 'caller' ? limit.caller(authenticated.caller) : limit.address());
      if (wait !== null) return refuseLimited(wait);
      if (authenticated.kind === 'refused') {
        const { why } = authenticated;
        refuse(c, deps, why.kind === 'nobody' ? 'unauthenticated' : why.kind);
        return refused(c, why);
      }
      c.set('caller', authenticated.caller);
    } else {
      const wait = await limit.token(proofId(proof));
      if (wait !== null) return refuseLimited(wait);
      c.set('caller', { kind: 'secret' });
    }
    if (!hasAccess(access, c.var.caller)) {
      if (access !== null) refuse(c, deps, 'not allowed');
      return access === 'api act' ? forbidden(c, NEEDS_RESPONDER) : missing(c);
    }
    const { caller } = c.var;
    const hasCookie = caller.kind === 'viewer' && caller.isSession;
    if (access === 'api act' && hasCookie && !(isOurForm(c) && c.req.header(CSRF_HEADER) !== undefined)) {
      refuse(c, deps, 'form of another site');
      return forbidden(c, NOT_OUR_PAGE);
    }
    const stopped = takesProof(access) ? await readOperatorRequest(c, deps, proof) : null;
    if (stopped === 'refused') {
      refuse(c, deps, 'unauthenticated');
      return refused(c, { kind: 'nobody' });
    }
    return stopped ?? (await next());
  };
}

export type { AllDeps, AppDeps } from './context.ts';
