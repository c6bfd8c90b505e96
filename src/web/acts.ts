/**
 * The forms of pages that act: on one alert, on several, and on silences.
 *
 * Contract: only a POST from a page of ours (`isOurForm`), with the token of the session or link that the page was shown for,
 * does anything. `authorize` has run before: a link's holder gets to acknowledge and comment on its alert, everything else is for
 * responders. The same form twice does nothing more. Each act is in the security log before it is done, and redirects to a page of ours that says what was done.
 */
import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { alertPath } from '../access/link.ts';
import { RESOLVE_REASONS } from '../alert/alert.ts';
import type { Act, Acted } from '../ledger/rpc.ts';
import { LEVELS, type Level } from '../sigma/index.ts';
import { parseDuration } from '../text/duration.ts';
import { readId } from '../text/ids.ts';
import { actAsShown, type Shown } from './act-as-shown.ts';
import {
  type ActCounts,
  ALERTS_PAGE,
  ALL_OF_MESSAGE,
  DID_PARAM,
  type Did,
  didText,
  FORM_ACTS,
  type FormAct,
  SILENCES_PAGE,
} from './act-paths.ts';
import { type AppDeps, actorOf, type Caller, othersOfMessage, passesTo, type WebEnv } from './context.ts';
import { FORM_TOKEN, isFormToken } from './form-token.ts';
import { foreignForm, isOurForm, readForm } from './forms.ts';
import { refusedFormPage, unboundPage } from './pages/errors.tsx';
import { hasAccess } from './policy.ts';
import { missing, page } from './responses.ts';
import { safeRedirect } from './safe-redirect.ts';
import { recordAct, refuse } from './security.ts';

type Web = Context<WebEnv>;

/** A comment of 2,000 characters, each nine bytes in a form, and fifty alerts. */
const FORM_BYTES_MAX = 32 * 1024;
/** A page of the list. */
const SEVERAL_MAX = 50;

/** The routes, as they are in the policy. */
export function actRoutes(deps: AppDeps): Hono<WebEnv> {
  const { config, ledger, now } = deps;
  const app = new Hono<WebEnv>();

  /** The form; the response where there is none that counts. */
  async function formOf(c: Web, alert?: number): Promise<URLSearchParams | Response> {
    if (!isOurForm(c)) return foreignForm(c, deps);
    const form = await readForm(c, FORM_BYTES_MAX);
    const otherwise = alert === undefined ? `/${c.req.path.split('/')[1]}` : alertPath(alert);
    if (form === 'late') {
      const late = { problem: 'The form did not arrive in time.', back: otherwise };
      return page(c, refusedFormPage(c.var.caller, late), 408);
    }
    if (!isFormToken(config, c.var.caller, form.get(FORM_TOKEN), now(), alert)) {
      refuse(c, deps, 'form without its token');
      const problem = 'The form is from another session, or too old.';
      const back = pageOf(c, form, otherwise);
      return page(c, refusedFormPage(c.var.caller, { problem, back, isOld: true }), 403);
    }
    return form;
  }

  for (const act of FORM_ACTS) {
    app.post(`${ALERTS_PAGE}/:id/${act}`, async (c) => {
      const id = readId(c.req.param('id'));
      if (id === null || !(await isInScope(c, id))) return missing(c);
      const form = await formOf(c, id);
      if (form instanceof Response) return form;
      const one: Shown = [id, levelFrom(form.get('level'))];
      const isAll = act === 'acknowledge' && form.has(ALL_OF_MESSAGE);
      const allowed = isAll ? othersOfMessage(c.var.caller, id) : [];
      const others = chosenIn(form).filter(([other]) => allowed.includes(other));
      return actOn(c, form, act, [one, ...others], alertPath(id));
    });
  }

  app.post(ALERTS_PAGE, async (c) => {
    const form = await formOf(c);
    if (form instanceof Response) return form;
    const act = FORM_ACTS.find((known) => known === form.get('act'));
    const alerts = chosenIn(form);
    if (act === undefined || alerts.length === 0) {
      return wrongForm(c, form, 'No alert was chosen.', ALERTS_PAGE);
    }
    return actOn(c, form, act, alerts.slice(0, SEVERAL_MAX), ALERTS_PAGE);
  });

  async function actOn(
    c: Web,
    form: URLSearchParams,
    name: FormAct,
    alerts: readonly Shown[],
    otherwise: string,
  ): Promise<Response> {
    if (ledger === null) return page(c, unboundPage(c.var.caller), 503);
    const act = readAct(name, form, c.var.caller);
    if (typeof act === 'string') return wrongForm(c, form, act, otherwise);
    const by = authorOf(c, alerts[0]?.[0]);
    const ids = alerts.map(([id]) => id).join(', ');
    const stopped = await recordAct(c, deps, 'alert act', `by ${by.who} (${by.via}): ${name} ${ids}`);
    if (stopped !== null) return stopped;
    const acted = await actAsShown(ledger, alerts, act, by);
    return after(c, form, { act: name, ...countsOf(acted) }, otherwise);
  }

  app.post(SILENCES_PAGE, async (c) => {
    const form = await formOf(c);
    if (form instanceof Response) return form;
    if (ledger === null) return page(c, unboundPage(c.var.caller), 503);
    const silence = JSON.stringify(readSilenceForm(form, now()));
    const by = authorOf(c);
    const stopped = await recordAct(c, deps, 'silence', `by ${by.who} (${by.via}): ${silence}`);
    if (stopped !== null) return stopped;
    const made = await ledger.silence({ silence, ...by });
    if (made.kind === 'refused')
      return wrongForm(c, form, `The silence can’t be made: ${made.problem}.`, SILENCES_PAGE);
    return after(c, form, { act: 'silence', ...DONE }, SILENCES_PAGE);
  });

  app.post(`${SILENCES_PAGE}/:id/expire`, async (c) => {
    const id = readId(c.req.param('id'));
    if (id === null) return missing(c);
    const form = await formOf(c);
    if (form instanceof Response) return form;
    if (ledger === null) return page(c, unboundPage(c.var.caller), 503);
    const by = authorOf(c);
    const stopped = await recordAct(c, deps, 'silence', `by ${by.who} (${by.via}): expire ${id}`);
    if (stopped !== null) return stopped;
    const ended = await ledger.expireSilence(id, by.who);
    return ended === null ? missing(c) : after(c, form, { act: 'expire', ...DONE }, SILENCES_PAGE);
  });

  /** A link is to an alert of one ledger: another has alerts of the same numbers. */
  async function isInScope(c: Web, id: number): Promise<boolean> {
    const { caller } = c.var;
    if (hasAccess('responder', caller)) return true;
    const passes = passesTo(caller, id);
    if (passes.length === 0 || ledger === null) return false;
    const own = await ledger.ledgerId();
    return passes.some((pass) => pass.ledger === own);
  }

  return app;
}

/** What is chosen in a form: `12.high`, each once. */
function chosenIn(form: URLSearchParams): readonly Shown[] {
  const chosen = form.getAll('alert').flatMap((text): [number, Shown][] => {
    const [id = '', level = null] = text.split('.');
    const read = readId(id);
    return read === null ? [] : [[read, [read, levelFrom(level)]]];
  });
  return [...new Map(chosen).values()];
}

function levelFrom(text: string | null): Level | null {
  return LEVELS.find((known) => known === text) ?? null;
}

/** Who acts, and by what. */
function authorOf(c: Web, alert?: number): { readonly who: string; readonly via: string } {
  const { caller } = c.var;
  return { who: actorOf(caller, null, alert), via: caller.kind === 'link' ? 'link' : 'page' };
}

const DONE: ActCounts = { done: 1, unchanged: 0, raised: 0, ended: 0 };

/** The path of the page that the form came from. */
function pageOf(c: Web, form: URLSearchParams, otherwise: string): string {
  return safeRedirect(form.get('next') ?? otherwise, c.req.url);
}

/** Nothing was done, and why; the way back is to the page that the form came from. */
function wrongForm(c: Web, form: URLSearchParams, problem: string, otherwise: string): Response {
  return page(c, refusedFormPage(c.var.caller, { problem, back: pageOf(c, form, otherwise) }), 422);
}

/** To the page that the form came from, which says what was done. */
function after(c: Web, form: URLSearchParams, did: Did, otherwise: string): Response {
  const url = new URL(pageOf(c, form, otherwise), c.req.url);
  url.searchParams.set(DID_PARAM, didText(did));
  return c.redirect(`${url.pathname}${url.search}`, 303);
}

/** The act in a form; or what is wrong with it. */
function readAct(name: FormAct, form: URLSearchParams, caller: Caller): Act | string {
  const text = (form.get('comment') ?? '').trim();
  const comment = text === '' ? null : text;
  switch (name) {
    case 'acknowledge':
      return { act: name, comment };
    case 'resolve': {
      const reason = RESOLVE_REASONS.find((known) => known === form.get('reason'));
      return reason === undefined ? 'Choose why it is resolved.' : { act: name, reason, comment };
    }
    case 'assign': {
      const to = (form.get('to') ?? actorOf(caller, null)).trim();
      return { act: name, to: to === '' ? null : to };
    }
    case 'comment':
      return comment === null ? 'The comment is empty.' : { act: name, comment };
  }
}

function countsOf(acted: readonly Acted[]): ActCounts {
  const of = (...outcomes: readonly Acted['outcome'][]): number =>
    acted.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    done: of('done'),
    unchanged: of('unchanged'),
    raised: of('raised'),
    ended: of('resolved before', 'missing'),
  };
}

/** What `readSilence` (alert/silence.ts) reads. Levels, addresses and tags are separated by commas; names may have some. */
function readSilenceForm(form: URLSearchParams, now: number): object {
  const given = (name: string, separator: string): string[] | undefined => {
    const values = form.getAll(name).flatMap((text) => (separator === '' ? [text] : text.split(separator)));
    const texts = values.map((text) => text.trim()).filter((text) => text !== '');
    return texts.length === 0 ? undefined : texts;
  };
  const field = (form.get('field') ?? '').trim();
  const matchers = {
    ...{ rule: given('rule', ''), actor: given('actor', '') },
    ...{ address: given('address', ','), level: given('level', ','), tag: given('tag', ',') },
    fields: field === '' ? undefined : { [field]: given('value', '') ?? [] },
  };
  const endsAt = now + (parseDuration(form.get('for') ?? '') ?? 0);
  return { matchers, startsAt: now, endsAt, comment: form.get('comment') ?? '' };
}
