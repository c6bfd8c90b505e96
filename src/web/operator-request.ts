/**
 * What an operator's request carries besides its route: a token over all of it, and its body.
 *
 * Contract: the body is read only after the token's seal was checked, and is bounded in bytes and time. A token that acts
 * (POST) counts once: the ledger remembers it until it expires, so a request that somebody copied does nothing when it is
 * sent again. Where the ledger can't, as while the database is full, what harms nobody twice is done all the same, and nothing
 * else. Deleting twice is harmless, so it needs no ledger, and a viewer can be revoked while that is out of order.
 */
import type { Context } from 'hono';
import { OPERATOR_TOKEN_MS, type OperatorProof, readOperator } from '../access/operator.ts';
import { sameText, sha256 } from '../access/seal.ts';
import type { AccessProof } from '../ledger/rpc.ts';
import { log } from '../text/log.ts';
import type { AppDeps, WebEnv } from './context.ts';
import { inTime } from './in-time.ts';
import { DROP_PATH, NOT_TWICE, RESTORE_PATH } from './operator-paths.ts';
import { readBody } from './request-body.ts';
import { refuse } from './security.ts';

type Web = Context<WebEnv>;

/** 100 records are named by ids of up to 8 KB (quarantine.ts); anything else has a few hundred bytes. */
const BODY_BYTES_MAX = 1024 * 1024;

/**
 * What helps while the ledger can't write, and does no more when it is sent twice: what is dropped is gone, and a restore that
 * was carried out is known by the id of its request (restore.ts); without `confirmed` it changes nothing.
 */
const HARMLESS_TWICE: ReadonlySet<string> = new Set([DROP_PATH, RESTORE_PATH]);

const NOT_REMEMBERED =
  'nothing was done: the ledger can’t remember that it was, so a copy of this request could do it again';

/** The proof of knowing LINK_SECRET that a request carries, for its method, path and query; null if there is none. */
export function operatorProof(c: Web, { config, now }: AppDeps): OperatorProof | null {
  if (config.linkSecret === null) return null;
  const { pathname, search } = new URL(c.req.url);
  return readOperator(config.linkSecret, c.req.header('authorization'), c.req.method, `${pathname}${search}`, now());
}

/** What no other token has. It does not open anything. */
export function proofId({ seal }: OperatorProof): string {
  return seal.slice(-32);
}

/** A token as the ledger knows those that were used. */
function tokenProof({ seal, expires }: OperatorProof): AccessProof {
  return { id: seal, ledger: null, holder: null, madeAt: expires - OPERATOR_TOKEN_MS, expiresAt: expires };
}

/**
 * Reads the body of an operator's request, and spends its proof (null: it has a viewer token, which is for any request).
 * Returns the response if that fails; 'refused' if the proof is for another body.
 */
export async function readOperatorRequest(
  c: Web,
  deps: AppDeps,
  proof: OperatorProof | null,
): Promise<Response | 'refused' | null> {
  const { ledger } = deps;
  const { method } = c.req;
  const body = method === 'GET' ? ({ kind: 'text', text: '' } as const) : await readBody(c.req.raw, BODY_BYTES_MAX);
  if (body.kind === 'late') return c.json({ message: 'the body did not arrive in time' }, 408);
  if (body.kind === 'too long') return c.json({ message: `the body is longer than ${BODY_BYTES_MAX} bytes` }, 413);
  if (proof !== null) {
    if (!sameText(proof.bodyHash, await sha256(body.text))) return 'refused';
    if (method === 'POST') {
      if (ledger === null) return c.json({ message: 'no ledger is bound' }, 503);
      try {
        const isFirst = await inTime(() => ledger.spendProof(tokenProof(proof)));
        if (!isFirst) {
          refuse(c, deps, 'not allowed');
          return c.json({ message: NOT_TWICE }, 409);
        }
      } catch (error) {
        log('error', { at: 'access', error: error instanceof Error ? error.message : 'unknown' });
        if (!HARMLESS_TWICE.has(c.req.path)) return c.json({ message: NOT_REMEMBERED }, 503);
      }
    }
  }
  c.set('operator', { body: body.text, id: proof === null ? crypto.randomUUID() : proofId(proof) });
  return null;
}
