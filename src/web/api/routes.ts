/**
 * The API of alerts, silences and routes, for programs, the command line and scripts of pages.
 *
 * Contract: `authorize` has run before: who acts is a responder or operator, and a session's request came from a page of ours.
 * Every request is read by a shape (shapes.ts), and every problem says what to do. Who knows LINK_SECRET reads the ledger
 * itself, everybody else what visitors may. Each act and silence is in the security log before it is done.
 */
import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { PASS_PARAM } from '../../access/link.ts';
import { readSegment } from '../../http/segment.ts';
import type { VisitorViews } from '../../ledger/rpc.ts';
import { parseJson } from '../../text/json.ts';
import { type Read, readShape, type Shape } from '../../text/shape.ts';
import { type AppDeps, actorOf, type VisitorDeps, type WebEnv } from '../context.ts';
import { recordAct } from '../security.ts';
import { NO_SUCH } from './paths.ts';
import { ACT_LOG_QUERY, ACTS_SHAPE, ALERTS_QUERY, BY_SHAPE, ENTRY_SHAPE, ID_SHAPE, LOG_QUERY } from './shapes.ts';

type Web = Context<WebEnv>;
type Ledger = NonNullable<AppDeps['ledger']>;
/** Who acts, and by what: `page` with a session, else `api` or `cli`. */
type By = { readonly who: string; readonly via: string };

/** The routes, as they are in the policy. `visitors`: the same ledger within the visitors' part of the day's reads. */
export function apiRoutes({ ledger, ...deps }: AppDeps, visitors: VisitorDeps): Hono<WebEnv> {
  const app = new Hono<WebEnv>();

  /** Answers a request that `of` reads, with what the ledger has. */
  function answer<T>(
    read: (c: Web) => Read<T>,
    of: (views: VisitorViews, value: T, ledger: Ledger, c: Web) => Promise<Response | object | null>,
  ): (c: Web) => Promise<Response> {
    return async (c) => {
      const asked = read(c);
      if (!asked.ok) return c.json({ message: asked.problem }, 422);
      const views = c.var.caller.kind === 'secret' ? ledger : visitors.ledger;
      if (ledger === null || views === null) return c.json({ message: 'no ledger is bound' }, 503);
      const found = await of(views, asked.value, ledger, c);
      if (found === null) return c.json({ message: NO_SUCH }, 404);
      return found instanceof Response ? found : c.json(found);
    };
  }

  const nothing = (): Read<null> => ({ ok: true, value: null });
  const idIn = (c: Web): Read<number> => readShape(ID_SHAPE, c.req.param('id') ?? '');
  const queryOf =
    <T>(of: Shape<T>) =>
    (c: Web): Read<T> => {
      // Not a filter: a link's proof, which counts on no page of the API.
      const { [PASS_PARAM]: _, ...query } = c.req.query();
      return readShape(of, query);
    };
  const bodyOf =
    <T>(of: Shape<T>) =>
    (c: Web): Read<T> =>
      readShape(of, parseJson(c.var.operator.body));
  /** Answers an act: by whom, and in the security log first. `detailOf` says what it is. */
  function acting<T>(
    act: 'alert act' | 'silence',
    read: (c: Web) => Read<T>,
    detailOf: (value: T, c: Web) => string,
    of: (value: T, by: By, ledger: Ledger, c: Web) => Promise<Response | object | null>,
  ): (c: Web) => Promise<Response> {
    return answer(
      (c) => {
        const [value, by] = [
          read(c),
          readShape(BY_SHAPE, c.var.operator.body === '' ? {} : parseJson(c.var.operator.body)),
        ];
        if (!value.ok) return value;
        return by.ok ? { ok: true, value: { value: value.value, ...by.value } } : by;
      },
      async (_, { value, as, via: given }, its, c) => {
        const { caller } = c.var;
        const via = caller.kind === 'viewer' && caller.isSession ? 'page' : given;
        const who = actorOf(caller, as);
        const stopped = await recordAct(c, { ...deps, ledger }, act, `by ${who} (${via}): ${detailOf(value, c)}`);
        return stopped ?? (await of(value, { who, via }, its, c));
      },
    );
  }

  app.get(
    '/api/alerts',
    answer(queryOf(ALERTS_QUERY), (views, query) => views.alerts(query)),
  );
  app.get(
    '/api/alerts/:id',
    answer(idIn, (views, id) => views.alert(id, null)),
  );
  app.get(
    '/api/alerts/:id/why',
    answer(idIn, (views, id) => views.alertWhy(id)),
  );
  app.get(
    '/api/alerts/:id/route',
    answer(idIn, (views, id) => views.alertRoute(id)),
  );
  app.get(
    '/api/acts',
    answer(queryOf(ACT_LOG_QUERY), (views, { after }) => views.actLog(after)),
  );
  app.get(
    '/api/entries',
    answer(queryOf(LOG_QUERY), async (views, query, _, c) =>
      c.body(await views.logLines(query), 200, { 'content-type': 'application/x-ndjson' }),
    ),
  );
  app.get(
    '/api/entries/:id/why',
    answer(nothing, (views, _, __, c) => views.entryWhy(readSegment(c.req.param('id') ?? ''))),
  );
  app.get(
    '/api/rules',
    answer(nothing, async (views) => ({ rules: await views.rules() })),
  );
  app.post(
    '/api/route',
    answer(bodyOf(ENTRY_SHAPE), (views, _, __, c) => views.textWhy(c.var.operator.body)),
  );
  app.get(
    '/api/silences',
    answer(nothing, async (views) => ({ silences: await views.silences() })),
  );

  app.post(
    '/api/alerts/acts',
    acting(
      'alert act',
      bodyOf(ACTS_SHAPE),
      ({ act: { act }, alerts }) => `${act} ${alerts.join(', ')}`,
      async (request, by, its) => ({ outcomes: await its.act({ ...request, ...by }) }),
    ),
  );

  app.post(
    '/api/silences',
    acting(
      'silence',
      bodyOf(ENTRY_SHAPE),
      (_, c) => `add ${c.var.operator.body}`,
      async (_, by, its, c) => {
        const made = await its.silence({ silence: c.var.operator.body, ...by });
        if (made.kind === 'refused') return c.json({ message: made.problem }, 422);
        return c.json({ silence: made.silence, rules: made.rules }, 201);
      },
    ),
  );
  app.post(
    '/api/silences/:id/expire',
    acting(
      'silence',
      idIn,
      (id) => `expire ${id}`,
      async (id, { who }, its) => {
        const silence = await its.expireSilence(id, who);
        return silence === null ? null : { silence };
      },
    ),
  );

  return app;
}
