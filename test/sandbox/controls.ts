/**
 * The sandbox's controls, under /__sandbox, for tests that reach it only over HTTP. Not part of the API and without
 * authentication: the server listens only on 127.0.0.1.
 *
 * - `GET|PUT|DELETE /knobs`: reads the knobs and hits; changes some; resets all
 * - `POST /entries`: `{ records: [{ body, createdAt?, appearsAt? }] }`, times in ms since the epoch; by default an entry has
 *   its body's created_at, else now, and appears now
 * - `POST /scenario`: `{ name, at?, seed?, lengthMs? }`
 * - `GET /requests`: `{ count, recent }`
 * - `GET /visible`: `{ count, ids }`, the visible entries, by created_at
 * - `POST /reset`: `{ dialect?, logOwnReads? }`
 */

import { Hono } from 'hono';
import type { Sandbox } from './app.ts';
import type { KnobsPatch } from './faults.ts';
import { DIALECTS, type Dialect } from './query.ts';
import { createRandom } from './random.ts';
import { type LogRecord, readPrecisely } from './record.ts';
import { SCENARIO_NAMES, SCENARIOS } from './scenarios.ts';
import type { SandboxEnv } from './wire.ts';

type Body = { readonly [field: string]: unknown };

export function controls(sandbox: Sandbox): Hono<SandboxEnv> {
  const app = new Hono<SandboxEnv>();

  app.get('/knobs', (c) => c.json({ knobs: sandbox.faults.knobs, hits: sandbox.faults.hits }));
  app.put('/knobs', async (c) => {
    try {
      sandbox.faults.set((await c.req.json()) as KnobsPatch);
    } catch (error) {
      return c.json({ message: String(error) }, 400);
    }
    return c.json({ knobs: sandbox.faults.knobs });
  });
  app.delete('/knobs', (c) => {
    sandbox.faults.clear();
    return c.json({ knobs: sandbox.faults.knobs });
  });

  app.post('/entries', async (c) => {
    const { records } = (await c.req.json()) as Body;
    if (!Array.isArray(records)) return c.json({ message: 'records must be an array' }, 400);
    sandbox.append(...(records as Body[]).map((record) => readRecord(record, sandbox.now())));
    return c.json({ appended: records.length });
  });

  app.post('/scenario', async (c) => {
    const { name, at, seed, lengthMs } = (await c.req.json()) as Body;
    const known = SCENARIO_NAMES.find((scenario) => scenario === name);
    if (known === undefined) return c.json({ message: `scenarios: ${SCENARIO_NAMES.join(', ')}` }, 400);
    const random = createRandom(numberOr(seed, 1));
    const records = SCENARIOS[known](numberOr(at, sandbox.now()), random, numberOr(lengthMs, undefined));
    sandbox.append(...records);
    return c.json({ records });
  });

  app.get('/requests', (c) => c.json(sandbox.requests));
  app.get('/visible', (c) => {
    const ids = sandbox.log.visible(sandbox.now()).map(({ body }) => (body as Body | null)?.id ?? null);
    return c.json({ count: ids.length, ids });
  });
  app.post('/reset', async (c) => {
    const { dialect, logOwnReads } = (await c.req.json().catch(() => ({}))) as Body;
    if (dialect !== undefined && !DIALECTS.includes(dialect as Dialect)) {
      return c.json({ message: `dialects: ${DIALECTS.join(', ')}` }, 400);
    }
    sandbox.reset({
      ...(dialect === undefined ? {} : { dialect: dialect as Dialect }),
      ...(typeof logOwnReads === 'boolean' ? { logOwnReads } : {}),
    });
    return c.json({ dialect: sandbox.dialect });
  });

  return app;
}

function readRecord({ body, createdAt, appearsAt }: Body, now: number): LogRecord {
  const written = (body as Body | null | undefined)?.created_at;
  const createdInBody = typeof written === 'string' ? readPrecisely(written) : null;
  return { createdAt: numberOr(createdAt, createdInBody ?? now), appearsAt: numberOr(appearsAt, now), body };
}

function numberOr<T>(value: unknown, otherwise: T): number | T {
  return typeof value === 'number' ? value : otherwise;
}
