/**
 * Tocsin's whole app in workerd, for the tests of access and of the lookup: with the real KV, a real upstream, real keys
 * of an Access team, and a stub of the ledger unless a test has another.
 */
import { env } from 'cloudflare:workers';
import { inject } from 'vitest';
import { signPass } from '../../src/access/link.ts';
import { operatorToken } from '../../src/access/operator.ts';
import { hex, sha256 } from '../../src/access/seal.ts';
import { SESSION_MS, signSession } from '../../src/access/session.ts';
import { makeToken, type Role, TOKEN_BYTES } from '../../src/access/viewer.ts';
import { readConfig } from '../../src/config/config.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { type AllDeps, createApp } from '../../src/web/app.ts';
import { deleteViewer, writeViewer } from '../../src/web/viewer-store.ts';
import { ALERT, LEDGER_ID, OTHER_ALERT, SIGNED_OUT, type StubLedger, stubLedger } from './ledger-stub.ts';
import { createWorld, HOUR, type World, type WorldOptions } from './world.ts';

export const SECRET = inject('linkSecret');
export const ORIGIN = 'https://tocsin.example';
const AUD = 'a'.repeat(64);
const TEAM = 'team.cloudflareaccess.com';

export interface Site extends StubLedger {
  readonly world: World;
  readonly deps: AllDeps;
  /** Requests a path; `changes` are for this request. */
  visit(path: string, init?: RequestInit, changes?: SiteChanges): Promise<Response>;
}

export interface SiteChanges {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly deps?: Partial<AllDeps>;
  readonly origin?: string;
}

/** A site; `changes` are for all requests. */
export async function createSite(changes: SiteChanges & { readonly world?: WorldOptions } = {}): Promise<Site> {
  const world = await createWorld(changes.world);
  const stub = stubLedger(await world.status());
  const certs = await accessCerts();
  const config = (settings: SiteChanges['settings']) =>
    readConfig(
      {
        ...world.bindings,
        KV: env.KV,
        // Only the tests of the rate limit set it.
        RATE_LIMIT: undefined,
        RATE_LIMIT_WIDE: undefined,
        ACCESS_TEAM_DOMAIN: TEAM,
        ACCESS_AUD: AUD,
        ...changes.settings,
        ...settings,
      },
      RECEIVER_TYPES,
    );
  const deps: AllDeps = {
    config: config({}),
    ledger: stub.ledger,
    reconnect: () => null,
    now: () => Date.now(),
    later: () => undefined,
    refusals: { hours: [], reportAt: 0 },
    fetch: (url, init) => fetch(url === `https://${TEAM}/cdn-cgi/access/certs` ? certs : url, init),
    ...changes.deps,
  };
  return {
    ...stub,
    world,
    deps,
    async visit(path, init = {}, more = {}) {
      const app = createApp({ ...deps, config: config(more.settings), ...more.deps });
      return app.fetch(new Request(`${more.origin ?? ORIGIN}${path}`, { redirect: 'manual', ...init }));
    },
  };
}

/** A new viewer token, in the real KV. */
export async function addViewer(
  name: string,
  expiresAt: number | null = null,
  role: Role = 'viewer',
): Promise<{ id: string; token: string }> {
  const { id, token } = makeToken(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)), SECRET);
  await writeViewer(env.KV, id, { hash: await sha256(token), name, createdAt: Date.now(), expiresAt, role });
  return { id, token };
}

export function bearer(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** A pass as in the links of messages, valid for `forMs` from now. */
export function passFor(alert: number, forMs = HOUR, ledger = LEDGER_ID, alerts = [alert]): string {
  return signPass(SECRET, { alert, alerts, ledger, expires: Date.now() + forMs });
}

/** A session of a viewer, as signing in starts it. */
export function sessionOf(
  viewer: string,
  {
    expires = Date.now() + SESSION_MS,
    secret = SECRET,
    ledger = LEDGER_ID,
    id = hex(crypto.getRandomValues(new Uint8Array(8))),
  } = {},
): string {
  return signSession(secret, { viewer, ledger, expires, id });
}

/** Every kind of caller, by what their requests carry. */
export type Kind = (typeof KINDS)[number];
export const KINDS = [
  'nobody',
  'a wrong token',
  'a malformed token',
  'a revoked token',
  'an expired token',
  'a viewer',
  'a responder',
  'an operator',
  'a session',
  'a session of a responder',
  'a session of an operator',
  'a session of a revoked token',
  'a session of an expired token',
  'a session that has expired',
  'a session that was signed out of',
  'a session of another ledger',
  'a forged session',
  'a link',
  'a link, in the address',
  'a link of another alert',
  'a link of another ledger',
  'an expired link',
  'an expired link, in the address',
  'a tampered link',
  'a tampered link, in the address',
  'a link without a ledger, in the address',
  'an invalid link in the address, and a link',
  'an Access user',
  'an Access user, by cookie',
  'an Access user of another application',
  'an Access user of last week',
  'an Access user by a forged key',
  'the operator secret',
  'the operator secret for another route',
  'an expired link in the address, and a session',
  'an invalid link in the address, and a session',
  'a session, and a link',
  'a viewer, and a link',
  'an Access user, and a link',
  'a session, and a link of another alert',
  'a session, and a link of another ledger',
] as const;

/** Those that sign each request. */
type Signed = 'the operator secret' | 'the operator secret for another route';

/** What a caller adds to a request. */
export interface CallerRequest {
  readonly init: RequestInit;
  readonly query: string;
}

/** The request for each kind of caller; the operator secret signs all that is given. */
export type RequestOf = (kind: Kind, method: string, path: string, body?: string) => Promise<CallerRequest>;

/** Creates the tokens, sessions and links of every kind. */
export async function createRequests(): Promise<RequestOf> {
  const viewer = await addViewer('a viewer');
  const responder = await addViewer('a responder', null, 'responder');
  const operator = await addViewer('an operator', null, 'operator');
  const revoked = await addViewer('revoked', null, 'operator');
  await deleteViewer(env.KV, revoked.id);
  const expired = await addViewer('expired', Date.now() - 1, 'operator');
  const cookie = (value: string, query = ''): CallerRequest => ({
    init: { headers: { cookie: `__Host-tocsin=${value}` } },
    query,
  });
  const linked = (pass: string, query = ''): CallerRequest => ({
    init: { headers: { cookie: `__Host-tocsin-links=${pass}` } },
    query,
  });
  const both = (other: string, pass: string): CallerRequest => ({
    init: { headers: { cookie: `${other}; __Host-tocsin-links=${pass}` } },
    query: '',
  });
  const inAddress = (pass: string): CallerRequest => ({ init: {}, query: `?pass=${pass}` });
  const assertion = (token: string): CallerRequest => ({
    init: { headers: { 'cf-access-jwt-assertion': token } },
    query: '',
  });
  const tampered = passFor(OTHER_ALERT).replace(/^\d+/, String(ALERT));
  const [accessCookie, ofOther, old, forged] = [
    await accessToken({}),
    await accessToken({ aud: ['b'.repeat(64)] }),
    await accessToken({ exp: Date.now() / 1000 - 7 * 86_400 }),
    await accessToken({}, await generateKey()),
  ];
  // New for each request: one that signs out ends its session.
  const requests: { readonly [kind in Exclude<Kind, Signed>]: () => CallerRequest } = {
    nobody: () => ({ init: {}, query: '' }),
    'a wrong token': () => ({ init: bearer(`${viewer.token.slice(0, -4)}AAAA`), query: '' }),
    'a malformed token': () => ({ init: bearer('please'), query: '' }),
    'a revoked token': () => ({ init: bearer(revoked.token), query: '' }),
    'an expired token': () => ({ init: bearer(expired.token), query: '' }),
    'a viewer': () => ({ init: bearer(viewer.token), query: '' }),
    'a responder': () => ({ init: bearer(responder.token), query: '' }),
    'an operator': () => ({ init: bearer(operator.token), query: '' }),
    'a session': () => cookie(sessionOf(viewer.id)),
    'a session of a responder': () => cookie(sessionOf(responder.id)),
    'a session of an operator': () => cookie(sessionOf(operator.id)),
    'a session of a revoked token': () => cookie(sessionOf(revoked.id)),
    'a session of an expired token': () => cookie(sessionOf(expired.id)),
    'a session that has expired': () => cookie(sessionOf(viewer.id, { expires: Date.now() - 1000 })),
    'a session that was signed out of': () => cookie(sessionOf(operator.id, { id: SIGNED_OUT })),
    'a session of another ledger': () => cookie(sessionOf(operator.id, { ledger: '0123456789abcdef' })),
    'a forged session': () => cookie(sessionOf(viewer.id, { secret: 'f'.repeat(32) })),
    'a link': () => linked(passFor(ALERT)),
    'a link, in the address': () => inAddress(passFor(ALERT)),
    'a link of another alert': () => linked(passFor(OTHER_ALERT)),
    'a link of another ledger': () => linked(passFor(ALERT, HOUR, '0123456789abcdef')),
    'an expired link': () => linked(passFor(ALERT, -HOUR)),
    'an expired link, in the address': () => inAddress(passFor(ALERT, -HOUR)),
    'a tampered link': () => linked(tampered),
    'a tampered link, in the address': () => inAddress(tampered),
    'a link without a ledger, in the address': () =>
      inAddress(passFor(ALERT).replace(/^(\d+\.\d+)\..*(?=\.[0-9a-f]{64}$)/, '$1')),
    'an invalid link in the address, and a link': () => linked(passFor(ALERT), `?pass=${tampered}`),
    'an Access user': () => assertion(accessCookie),
    'an Access user, by cookie': () => ({
      init: { headers: { cookie: `CF_Authorization=${accessCookie}` } },
      query: '',
    }),
    'an Access user of another application': () => assertion(ofOther),
    'an Access user of last week': () => assertion(old),
    'an Access user by a forged key': () => assertion(forged),
    'an expired link in the address, and a session': () =>
      cookie(sessionOf(viewer.id), `?pass=${passFor(ALERT, -HOUR)}`),
    'an invalid link in the address, and a session': () => cookie(sessionOf(viewer.id), `?pass=${tampered}`),
    'a session, and a link': () => both(`__Host-tocsin=${sessionOf(viewer.id)}`, passFor(ALERT)),
    'a viewer, and a link': () => ({
      init: { headers: { ...bearer(viewer.token).headers, ...linked(passFor(ALERT)).init.headers } },
      query: '',
    }),
    'an Access user, and a link': () => both(`CF_Authorization=${accessCookie}`, passFor(ALERT)),
    'a session, and a link of another alert': () => both(`__Host-tocsin=${sessionOf(viewer.id)}`, passFor(OTHER_ALERT)),
    'a session, and a link of another ledger': () =>
      both(`__Host-tocsin=${sessionOf(viewer.id)}`, passFor(ALERT, HOUR, '0123456789abcdef')),
  };
  return async (kind, method, path, body = '') => {
    const nonce = hex(crypto.getRandomValues(new Uint8Array(8)));
    if (kind !== 'the operator secret' && kind !== 'the operator secret for another route') return requests[kind]();
    const signed = kind === 'the operator secret' ? path : `${path}x`;
    return { init: bearer(await operatorToken(SECRET, method, signed, body, Date.now(), nonce)), query: '' };
  };
}

const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;
let teamKey: Promise<CryptoKeyPair> | null = null;

/** A real RSA key, as Access uses. */
async function generateKey(): Promise<CryptoKeyPair> {
  const sizes = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  return (await crypto.subtle.generateKey({ ...RS256, ...sizes }, true, ['sign', 'verify'])) as CryptoKeyPair;
}

/** Publishes the team's keys, and returns the address. */
async function accessCerts(): Promise<string> {
  teamKey ??= generateKey();
  const jwk = (await crypto.subtle.exportKey('jwk', (await teamKey).publicKey)) as JsonWebKey;
  const text = JSON.stringify({ keys: [{ ...jwk, kid: 'key-1', alg: 'RS256', use: 'sig' }] });
  const response = await fetch(`${inject('factoryUrl')}/documents`, { method: 'POST', body: JSON.stringify({ text }) });
  return ((await response.json()) as { url: string }).url;
}

/** A token as Access issues it; `claims` override the defaults. */
export async function accessToken(claims: object, key?: CryptoKeyPair): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  teamKey ??= generateKey();
  const { privateKey } = key ?? (await teamKey);
  const parts = [
    { alg: 'RS256', kid: 'key-1', typ: 'JWT' },
    { iss: `https://${TEAM}`, aud: [AUD], email: 'ada@example.com', iat: now, nbf: now, exp: now + 60, ...claims },
  ].map((part) => base64url(new TextEncoder().encode(JSON.stringify(part))));
  const signed = await crypto.subtle.sign(RS256.name, privateKey, new TextEncoder().encode(parts.join('.')));
  return [...parts, base64url(new Uint8Array(signed))].join('.');
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
