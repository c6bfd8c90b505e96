/** The pages without authentication: over the views of a test, for the caller that it names. */

import { Hono } from 'hono';
import { readConfig } from '../../src/config/config.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import type { Routing } from '../../src/routing/routing.ts';
import { actRoutes } from '../../src/web/acts.ts';
import type { AppDeps, Caller, Refused, WebEnv } from '../../src/web/context.ts';
import { PAGE_HEADERS } from '../../src/web/headers.ts';
import { errorPage } from '../../src/web/pages/errors.tsx';
import { pageRoutes } from '../../src/web/pages/routes.ts';
import { refusedPage } from '../../src/web/pages/sign-in.tsx';
import { NOW } from './views.ts';

export const VIEWER: Caller = { kind: 'viewer', id: 'v-1', name: 'Robin at the desk', role: 'viewer', isSession: true };

export const RESPONDER: Caller = { ...VIEWER, id: 'v-3', name: 'Ada', role: 'responder', session: 'session-of-ada' };

export interface Served {
  readonly caller?: Caller | Refused;
  readonly ledger: AppDeps['ledger'];
  readonly env?: Readonly<Record<string, unknown>>;
  readonly fetch?: AppDeps['fetch'];
  readonly routing?: Routing | null;
}

/** The app that serves them. */
export function pagesApp({ caller = VIEWER, ledger, env = {}, fetch, routing = null }: Served): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  app.use(async (c, next) => {
    if (caller.kind === 'nobody' || caller.kind === 'expired link') {
      return c.body(refusedPage(caller, c.req.path), caller.kind === 'nobody' ? 404 : 410, { ...PAGE_HEADERS });
    }
    c.set('caller', caller);
    return await next();
  });
  const offline = (): never => {
    throw new TypeError('no network in this test');
  };
  const deps: AppDeps = {
    config: readConfig(env, RECEIVER_TYPES, routing),
    ledger,
    reconnect: () => null,
    now: () => NOW,
    later: () => undefined,
    refusals: { hours: [], reportAt: 0 },
    fetch: fetch ?? offline,
  };
  app.route('/', pageRoutes(deps));
  app.route('/', actRoutes(deps));
  app.onError((error, c) => {
    console.error(error);
    return c.body(errorPage(VIEWER), 500, { ...PAGE_HEADERS });
  });
  return app;
}
