/** The rate limit's period. The networks that it counts by: test/sigma/evaluate/cidr.test.ts, test/worker/access.test.ts. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { PERIOD_S } from '../../src/web/rate-limit.ts';

it('has the period of wrangler.toml', () => {
  const toml = readFileSync(resolve(import.meta.dirname, '../../wrangler.toml'), 'utf8');
  expect(toml).toContain(`period = ${PERIOD_S} }`);
});
