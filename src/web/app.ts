/**
 * The Hono app: what the Worker answers over HTTP. Denied by default: before any handler, the policy says who may have
 * an answer of it, and who is asking is found out. A handler finds them as `c.get('caller')`.
 *
 * Contract: somebody who was not let in gets one and the same answer whatever exists, and nothing is asked of the ledger
 * or the upstream for them.
 */

import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { Hono } from 'hono/tiny';
import { isOperator } from '../access/operator.ts';
import { authenticate } from './authenticate.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { headers } from './headers.ts';
import { lookup } from './lookup.ts';
import { operatorApi } from './operator.ts';
import { createPages } from './pages/routes.ts';
import { accessOf } from './policy.ts';
import { createRateLimit } from './rate-limit.ts';
import { broken, missing, refused, tooMany, unavailable } from './responses.ts';
import { sessionRoutes } from './session.ts';
import { viewersApi } from './viewers.ts';

/** The app for one request's settings. */
export function createApp(deps: AppDeps): Hono<WebEnv> {
  const { config, ledger } = deps;
  const app = new Hono<WebEnv>();

  app.use(headers);
  app.use(authorize(deps));

  app.get('/healthz', (c) => {
    const ok = config.upstream !== null && ledger !== null;
    return c.json({ ok }, ok ? 200 : 503);
  });
  app.route('/', sessionRoutes(deps));
  app.route('/', operatorApi(deps));
  app.route('/', viewersApi(deps));
  app.route('/', lookup(deps));
  app.route('/', createPages(deps));

  app.notFound(missing);
  app.onError((error, c) => {
    console.error(JSON.stringify({ at: 'fetch', error: error.message }));
    return broken(c);
  });
  return app;
}

/** The door. Paths that do not exist are behind it too. */
function authorize(deps: AppDeps): MiddlewareHandler<WebEnv> {
  const { config, now } = deps;
  const limit = createRateLimit(deps);
  return async (c, next) => {
    // The small router takes a slash at the end for none; such a path is not one of ours.
    const access = /.\/$/.test(c.req.path) ? null : accessOf(c.req.method, matchedRoutes(c));
    if (access === 'open') return await next();
    if (access === 'operator') {
      const { method, path } = c.req;
      const secret = config.linkSecret;
      const authorization = c.req.header('authorization');
      if (secret !== null && (await isOperator(secret, authorization, method, path, now()))) return await next();
    }
    const asked = await authenticate(c, deps, access === 'scoped');
    if (asked.kind === 'unknown') return unavailable(c);
    const wait = await (asked.kind === 'caller' ? limit.caller(asked.caller) : limit.address(c));
    if (wait !== null) return tooMany(c, wait);
    if (asked.kind === 'refused') return refused(c, asked.why);
    c.set('caller', asked.caller);
    if (access === null || access === 'operator') return missing(c);
    return await next();
  };
}

export type { AppDeps } from './context.ts';
