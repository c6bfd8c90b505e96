/**
 * The style sheet, the script and the icon. Each has a hash of its content in its name, so that browsers may cache it for
 * a year. They hold no data and need no sign-in.
 */

import { Hono } from 'hono/tiny';
import { contentVersion } from '../../../text/content-version.ts';
import type { WebEnv } from '../../context.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

/** The bell, as an SVG path in a box of 32 by 32. */
export const BELL =
  'M16 3a2 2 0 0 1 2 2v.6c4 .9 6.5 4.2 6.5 8.4 0 5.5 1.6 7.6 3 9v2h-23v-2c1.4-1.4 3-3.5 3-9 0-4.2 2.5-7.5 6.5-8.4V5a2 2 0 0 1 2-2zm-3.5 23.5h7a3.5 3.5 0 0 1-7 0z';

/** The icon in browser tabs; its colour is visible on light and dark ones. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#d9822b" d="${BELL}"/></svg>`;

export const ASSETS_PATH = '/assets';

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

const asset = (name: string, ending: string, type: string, text: string): Asset => ({
  path: `${ASSETS_PATH}/${name}.${contentVersion(text)}.${ending}`,
  type,
  text,
});

export const ASSETS = {
  style: asset('tocsin', 'css', 'text/css; charset=utf-8', STYLE),
  script: asset('tocsin', 'js', 'text/javascript; charset=utf-8', SCRIPT),
  icon: asset('tocsin', 'svg', 'image/svg+xml', ICON),
} as const;

/** The route of the assets; 404 for any other name. */
export function assetRoutes(): Hono<WebEnv> {
  const app = new Hono<WebEnv>();
  app.get(`${ASSETS_PATH}/:file`, (c) => {
    const found = Object.values(ASSETS).find(({ path }) => path === c.req.path);
    if (found === undefined) return c.text('Not found.', 404);
    const headers = { 'content-type': found.type, 'cache-control': 'public, max-age=31536000, immutable' };
    return c.body(found.text, 200, headers);
  });
  return app;
}
