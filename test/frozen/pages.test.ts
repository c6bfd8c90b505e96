/** Every page in every state, kept as files: a change of words is a diff to be read. */
import { expect, test } from 'vitest';
import { pagesApp } from '../web/app.ts';
import { SET, STATES } from '../web/states.ts';
import { ORDINARY, views } from '../web/views.ts';

test.each(STATES)('$name', async ({ name, path, ledger = {}, caller, env = SET }) => {
  const app = pagesApp({
    ledger: ledger === null ? null : views(ORDINARY, ledger),
    env,
    ...(caller === undefined ? {} : { caller }),
  });
  const html = await (await app.request(`https://tocsin.example${path}`)).text();
  // A line each, for whoever reads the difference.
  await expect(`${html.replaceAll('><', '>\n<')}\n`).toMatchFileSnapshot(`./pages/${name}.txt`);
});
