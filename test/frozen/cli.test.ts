/** Snapshots of what `npm run tocsin` prints, so that a change of words shows as a diff. Times and ids are replaced. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LINK_SECRET, type LocalTocsin, startLocalTocsin } from '../cli/local-tocsin.ts';
import { runTocsin } from '../cli/run-command.ts';

let local: LocalTocsin;
beforeAll(async () => {
  local = await startLocalTocsin();
});
afterAll(() => local.stop());

const COMMANDS: readonly (readonly [name: string, commands: readonly string[]])[] = [
  ['overview', ['--help', '', 'stauts']],
  ...['status', 'alerts', 'why', 'notify', 'resend', 'rewind', 'backfill', 'restore', 'quarantine', 'viewers', 'security', 'check', 'test', 'route', 'ack', 'assign', 'resolve', 'comment', 'silence', 'list', 'backtest', 'fields', 'new', 'import'].map(
    (name) => [`help-${name}`, [`${name} --help`, `${name} --nonsense`]] as const,
  ),
  ['backtest', ['backtest nirvana_audit_api_key_deleted --since 30d', 'backtest nirvana_audit_api_key_deleted --since 30d --markdown', 'backtest nothing --since 30d', 'backtest']],
  ['fields', ['fields actor.type', 'fields acton', 'fields --since 1d']],
  ['status', ['status', 'alerts', 'alerts --all', 'why 1', 'why 999', 'why x']],
  [
    'quarantine',
    ['quarantine list', 'quarantine show none', 'quarantine release --all', 'quarantine drop --all --yes', 'quarantine'],
  ],
  ['act', ['ack 1 99', 'comment 1 hello', 'assign 1 Ada', 'alerts', 'why 1', 'route 1', 'silence list', 'resolve 1 --reason expected']],
  ['operate', ['notify --test', 'notify', 'resend', 'resend --receiver slack', 'rewind --to 1h', 'rewind', 'viewers']],
];

test.each(COMMANDS)('%s', async (name, commands) => {
  const answers: string[] = [];
  for (const command of commands) {
    const words = command.split(' ').filter((word) => word !== '');
    const { code, out, err } = await runTocsin(words, { TOCSIN_URL: local.url, LINK_SECRET });
    answers.push(`$ tocsin ${command}\n${plain(out)}${plain(err)}exit ${code}`);
  }
  await expect(`${answers.join('\n\n')}\n`).toMatchFileSnapshot(`./cli/${name}.txt`);
});

function plain(text: string): string {
  return text
    .replaceAll(local.url, 'https://tocsin.example')
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?/g, '<time>')
    .replace(/FROM \d\d-\d\d/, 'FROM <day>')
    .replace(/\b(?:\d+[dhms])+ ago/g, '<some time> ago')
    .replace(/LEVEL +AGE/, 'LEVEL  AGE')
    .replace(/^( *\d+ {2}[A-Z]+) +(?:\d+[dhms])+/gm, '$1  <age>')
    .replace(/version [0-9a-z]+/g, 'version <rules>')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>');
}
