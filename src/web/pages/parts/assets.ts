/**
 * The style sheet, the script and the icon, by names that change with what is in them: kept for a year by whoever
 * fetches them. They say nothing about anybody, so they are open to all.
 */
import { Hono } from 'hono/tiny';
import { hash } from '../../../text/hash.ts';
import type { WebEnv } from '../../env.ts';
import { ICON } from './icon.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

/** Everything below it is open. */
export const ASSETS_PATH = '/assets';

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

const asset = (name: string, ending: string, type: string, text: string): Asset => ({
  path: `${ASSETS_PATH}/${name}.${hash(text)}.${ending}`,
  type,
  text,
});

export const ASSETS = {
  style: asset('tocsin', 'css', 'text/css; charset=utf-8', STYLE),
  script: asset('tocsin', 'js', 'text/javascript; charset=utf-8', SCRIPT),
  icon: asset('tocsin', 'svg', 'image/svg+xml', ICON),
} as const;

/** Serves them; 404 for any other name. */
export function createAssets(): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  app.get(`${ASSETS_PATH}/:file`, (c) => {
    const found = Object.values(ASSETS).find(({ path }) => path === c.req.path);
    if (found === undefined) return c.text('There is no such thing here.', 404);
    const headers = { 'content-type': found.type, 'cache-control': 'public, max-age=31536000, immutable' };
    return c.body(found.text, 200, headers);
  });
  return app;
}
