/** Every page in every state, kept as files: a change of words is a diff to be read. */
import { expect, test } from 'vitest';
import { assets } from '../support/assets.ts';
import { pagesApp } from '../web/app.ts';
import { SET, STATES } from '../web/states.ts';
import { ORDINARY, views } from '../web/views.ts';

test.each(STATES)('$name', async ({ name, path, ledger = {}, caller, env = SET, routing = null }) => {
  const app = pagesApp({
    ledger: ledger === null ? null : views(ORDINARY, ledger),
    env: { ASSETS: assets, ...env },
    routing,
    ...(caller === undefined ? {} : { caller }),
  });
  const html = await (await app.request(`https://tocsin.example${path}`)).text();
  // One element per line, so that a difference is readable; the hashes of assets and the forms' tokens are left out.
  const lines = html
    .replaceAll('><', '>\n<')
    .replaceAll(/(?<=\/assets\/tocsin\.)\w{11}/g, '…')
    .replaceAll(/(?<=name="token" value=")\d+\.[0-9a-f.]+/g, '…');
  await expect(`${lines}\n`).toMatchFileSnapshot(`./pages/${name}.txt`);
});
