/**
 * The static assets that the build wrote, for the app in plain Node: answers as the binding does, without the headers of
 * `_headers`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';

const FOLDER = '.assets';
const TYPES: { readonly [ending: string]: string } = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** The binding ASSETS. */
export const assets: Pick<Fetcher, 'fetch'> = {
  fetch: async (input) => {
    const { pathname } = new URL(input instanceof Request ? input.url : String(input));
    const paths = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).map((path) => path.replaceAll(sep, '/'));
    const type = TYPES[extname(pathname)];
    if (type === undefined || !paths.includes(pathname.slice(1))) return new Response(null, { status: 404 });
    return new Response(readFileSync(join(FOLDER, pathname), 'utf8'), { headers: { 'content-type': type } });
  },
};
