/**
 * Reads a log in a process of its own, one way, and prints what that took as JSON: `node run.ts WAY FILE RULES`.
 *
 * `parse`: lines read and parsed, nothing else. `interpret`: and each detection interpreted, as the reference that tests hold
 * the rules' code against. `backtest`: as the command does it.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { DERIVED_FIELDS } from '../../../src/audit-log/derived-fields.ts';
import { createBacktest } from '../../../src/backtest/backtest.ts';
import { readFileLog } from '../../../src/cli/backtest/file-log.ts';
import { preparedRules } from '../../../src/cli/backtest/prepared-rules.ts';
import { buildRules } from '../../../src/cli/rule-files.ts';
import { out } from '../../../src/cli/terminal.ts';
import { compile } from '../../../src/sigma/index.ts';

export const WAYS = ['parse', 'interpret', 'backtest'] as const;
export type Way = (typeof WAYS)[number];

/** What reading a log took. */
export interface Took {
  readonly entries: number;
  readonly ms: number;
  /** Of all threads. */
  readonly cpuMs: number;
  /** Bytes of the process when a tenth was read, and at most from then on. */
  readonly tenth: number;
  readonly most: number;
  /** Alerts, or detections that matched. */
  readonly found: number;
}

const EVERY = 1_000;

async function run(way: Way, file: string, folder: string, expected: number): Promise<Took> {
  const { ruleSet, routing } = buildRules(folder, false);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let [entries, tenth, most, found, looked] = [0, 0, 0, 0, 0];
  const count = (some: number): void => {
    entries += some;
    if (entries < looked + EVERY) return;
    looked = entries;
    const { rss } = process.memoryUsage();
    if (entries >= expected / 10) {
      tenth ||= rss;
      most = Math.max(most, rss);
    }
  };
  if (way === 'backtest') {
    const log = await readFileLog(file);
    const backtest = createBacktest(preparedRules(ruleSet, routing));
    for await (const some of log.entries) {
      backtest.add(some);
      count(some.length);
    }
    found = backtest.end().alerts.length;
  } else {
    const engine = compile(ruleSet, { derived: DERIVED_FIELDS });
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const { entry, occurredAt } = JSON.parse(line);
      if (way === 'interpret') found += engine.evaluate(entry, occurredAt).length;
      count(1);
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  return { entries, ms: performance.now() - startedAt, cpuMs: (user + system) / 1000, tenth, most, found };
}

if (import.meta.main) {
  const [way, file = '', folder = '', expected] = process.argv.slice(2);
  out(JSON.stringify(await run(way as Way, file, folder, Number(expected))));
}
