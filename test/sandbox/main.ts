/** The sandbox by itself: `node test/sandbox/main.ts --help`. */

import { parseArgs } from 'node:util';
import { err, out } from '../../src/cli/terminal.ts';
import { live } from './live.ts';
import { createOrganization } from './organization.ts';
import { DIALECTS, type Dialect } from './query.ts';
import { startSandbox } from './server.ts';

const HELP = `A simulation of the Nirvana Labs audit-log API, on 127.0.0.1.

  node test/sandbox/main.ts [options]

  --port N          the port (default: any free one)
  --dialect D       ${DIALECTS.join(', ')} (default: sorted)
  --seed N          another organization for another seed (default: 1)
  --api-key KEY     the key that clients must send (default: a well-known one)
  --hours N         hours of past entries at the start (default: 24)
  --per-day N       past entries per day (default: 20000)
  --live            add ordinary entries, and the scenarios in turn
  --rate N          live entries per second (default: 2)
  --every SECONDS   between scenarios (default: 15; 0: no scenarios)
  --no-own-reads    don't log reads of the log as entries
  --help            print this

Knobs, entries and requests: /__sandbox (test/sandbox/controls.ts).`;

await run().catch((error: Error) => {
  err(`${error.message}\n`);
  process.exitCode = 2;
});

async function run(): Promise<void> {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      port: { type: 'string', default: '0' },
      dialect: { type: 'string', default: 'sorted' },
      seed: { type: 'string', default: '1' },
      'api-key': { type: 'string' },
      hours: { type: 'string', default: '24' },
      'per-day': { type: 'string', default: '20000' },
      live: { type: 'boolean', default: false },
      rate: { type: 'string', default: '2' },
      every: { type: 'string', default: '15' },
      'own-reads': { type: 'boolean', default: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    out(`${HELP}\n`);
    return;
  }
  const seed = number('seed', values.seed);
  const sandbox = await startSandbox({
    port: number('port', values.port),
    dialect: dialect(values.dialect),
    seed,
    logOwnReads: values['own-reads'],
    ...(values['api-key'] === undefined ? {} : { apiKey: values['api-key'] }),
  });
  const organization = createOrganization(seed);
  const now = sandbox.now();
  const past = now - number('hours', values.hours) * 3_600_000;
  sandbox.log.append(organization.between(past, now, { entriesPerDay: number('per-day', values['per-day']) }));
  out(`${sandbox.url}: ${sandbox.dialect}, ${sandbox.log.size} entries; the key is ${sandbox.apiKey}\n`);
  const running = values.live
    ? live(sandbox, {
        seed,
        organization,
        entriesPerSecond: number('rate', values.rate),
        scenarioEveryMs: number('every', values.every) * 1000,
        onScenario: (name, records) => out(`${new Date().toISOString()} ${name}: ${records.length} entries\n`),
      })
    : null;
  const end = (): void => {
    running?.stop();
    void sandbox.stop();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) fail(`--${name} must be a number, not ${JSON.stringify(text)}`);
  return value;
}

function dialect(text: string): Dialect {
  return DIALECTS.find((known) => known === text) ?? fail(`--dialect must be one of ${DIALECTS.join(', ')}`);
}

function fail(message: string): never {
  throw new RangeError(message);
}
