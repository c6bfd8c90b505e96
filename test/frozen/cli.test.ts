/** What `npm run tocsin` answers, kept as a file: a change of words is a diff to be read. Times and ids are taken out. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/cli/tocsin.ts';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../cli/local-tocsin.ts';

let local: LocalTocsin;
beforeAll(async () => {
  local = await startLocalTocsin();
});
afterAll(() => local.stop());

const COMMANDS: readonly (readonly [name: string, commands: readonly string[]])[] = [
  ['overview', ['--help', '', 'stauts']],
  ...['status', 'alerts', 'why', 'notify', 'resend', 'rewind', 'viewers', 'check'].map(
    (name) => [`help-${name}`, [`${name} --help`, `${name} --nonsense`]] as const,
  ),
  ['status', ['status', 'alerts', 'alerts --all', 'why 1', 'why 999', 'why x']],
  ['operate', ['notify --test', 'notify', 'resend', 'resend --receiver slack', 'rewind --to 1h', 'rewind', 'viewers']],
];

test.each(COMMANDS)('%s', async (name, commands) => {
  const answers: string[] = [];
  for (const command of commands) {
    const said = { out: '', err: '' };
    const code = await main(
      command.split(' ').filter((word) => word !== ''),
      {
        env: { TOCSIN_URL: local.url, LINK_SECRET },
        devVars: null,
        now: () => Date.now(),
        out: (text) => {
          said.out += text;
        },
        err: (text) => {
          said.err += text;
        },
      },
    );
    answers.push(`$ tocsin ${command}\n${plain(said.out)}${plain(said.err)}exit ${code}`);
  }
  await expect(`${answers.join('\n\n')}\n`).toMatchFileSnapshot(`./cli/${name}.txt`);
});

function plain(text: string): string {
  return text
    .replaceAll(local.url, 'https://tocsin.example')
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?/g, '<time>')
    .replace(/\b(?:\d+[dhms])+ ago/g, '<some time> ago')
    .replace(/version [0-9a-z]+/g, 'version <rules>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>');
}
