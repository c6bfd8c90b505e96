/**
 * Forms that browsers post: whether one is ours, and what is in it.
 *
 * Contract: a form of another site is refused before its body is read.
 */
import type { Context } from 'hono';
import type { WebEnv } from './context.ts';
import { readBody } from './request-body.ts';
import { type Recorder, refuse } from './security.ts';

/** The media type of a form, in any case and with any parameters. */
const FORM = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** The response to a form that is not ours. */
export function foreignForm(c: Context<WebEnv>, deps: Recorder): Response {
  refuse(c, deps, 'form of another site');
  return c.text('This form must be sent from a page of Tocsin.', 403);
}

/**
 * Whether a form was sent by one of our own pages. Browsers send `Sec-Fetch-Site`; old ones that don't send `Origin`.
 * (Those that do send `null` as the origin, because of our referrer policy.)
 * https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
 */
export function isOurForm(c: Context<WebEnv>): boolean {
  const site = c.req.header('sec-fetch-site');
  return site === undefined ? c.req.header('origin') === new URL(c.req.url).origin : site === 'same-origin';
}

/** The form's fields; empty if the body is not a form or is too long. */
export async function readForm(c: Context<WebEnv>, maxBytes: number): Promise<URLSearchParams | 'late'> {
  if (!FORM.test(c.req.header('content-type') ?? '')) return new URLSearchParams();
  const body = await readBody(c.req.raw, maxBytes);
  if (body.kind === 'late') return 'late';
  return new URLSearchParams(body.kind === 'text' ? body.text : '');
}
