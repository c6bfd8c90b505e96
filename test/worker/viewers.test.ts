/** The operator's routes for viewer tokens: created and shown once, listed without a hash, revoked. */
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { operatorToken } from '../../src/access/operator.ts';
import { sha256 } from '../../src/access/seal.ts';
import { VIEWER_MS } from '../../src/access/viewer.ts';
import { addViewer, bearer, createSite, SECRET, type SiteChanges } from './site.ts';
import { HOUR } from './world.ts';

const PATH = '/operator/viewers';

async function ask(method: string, path: string, body: unknown = null, changes: SiteChanges = {}): Promise<Response> {
  const site = await createSite();
  const text = typeof body === 'string' ? body : body === null ? null : JSON.stringify(body);
  const token = await operatorToken(SECRET, method, path, text ?? '', Date.now());
  return site.visit(path, { ...bearer(token), method, body: text }, changes);
}

async function create(body: object): Promise<{ id: string; token: string; expiresAt: number | null }> {
  return (await ask('POST', PATH, body)).json();
}

let names = 0;
const newName = (): string => `viewer ${++names} ${Date.now()}`;

describe('a token', () => {
  it('is created, gives access, is listed without its hash, is revoked, and gives no access', async () => {
    const name = newName();
    const expiresAt = Date.now() + HOUR;
    const made = await ask('POST', PATH, { name, expiresAt });
    expect(made.status).toBe(201);
    const { id, token, ...rest } = (await made.json()) as { id: string; token: string };
    expect(rest).toEqual({ name, createdAt: expect.any(Number), expiresAt, role: 'viewer' });
    const site = await createSite();
    expect((await site.visit('/alerts', bearer(token))).status).toBe(200);

    const stored = (await env.KV.get(`viewer:${id}`)) ?? '';
    expect(stored).toContain(await sha256(token));
    expect(stored).not.toContain(token.slice(-43));

    const list = await (await ask('GET', PATH)).text();
    expect(JSON.parse(list)).toMatchObject({
      viewers: expect.arrayContaining([{ id, name, createdAt: expect.any(Number), expiresAt, role: 'viewer' }]),
    });
    expect(list).not.toContain(await sha256(token));
    expect(list).not.toContain('hash');

    expect(await (await ask('DELETE', `${PATH}/${id}`)).json()).toEqual({ revoked: id });
    expect((await site.visit('/alerts', bearer(token))).status).toBe(404);
    expect(await env.KV.get(`viewer:${id}`)).toBeNull();
    expect(await (await ask('DELETE', `${PATH}/${id}`)).json()).toEqual({ revoked: null });
  });

  const in90Days = (ms: number) => ({ deps: { now: () => Date.now() + VIEWER_MS + ms } });

  it('expires after 90 days unless another time is asked for', async () => {
    const { token, expiresAt } = await create({ name: newName() });
    expect(Math.abs((expiresAt ?? 0) - Date.now() - 90 * 24 * HOUR)).toBeLessThan(HOUR);
    const site = await createSite();
    expect((await site.visit('/alerts', bearer(token), in90Days(-HOUR))).status).toBe(200);
    expect((await site.visit('/alerts', bearer(token), in90Days(0))).status).toBe(404);
  });

  it('that never expires is valid until it is revoked', async () => {
    const { token } = await create({ name: newName(), expiresAt: null });
    const site = await createSite();
    expect((await site.visit('/alerts', bearer(token), in90Days(365 * 24 * HOUR))).status).toBe(200);
  });

  it.each([
    ['has a role that only a newer Worker knows', (old: object) => ({ ...old, role: 'auditor' })],
    ['is damaged', () => 'not a record'],
    ['has lost its hash', (old: object) => ({ ...old, hash: null })],
  ])('that %s gives no access, is listed and is revoked', async (_, change) => {
    const name = newName();
    const { id, token } = await addViewer(name);
    const stored = change(JSON.parse((await env.KV.get(`viewer:${id}`)) ?? ''));
    const metadata = { name, createdAt: 'x', expiresAt: null, role: 'auditor' };
    await env.KV.put(`viewer:${id}`, JSON.stringify(stored), { metadata });
    const site = await createSite();
    expect((await site.visit('/alerts', bearer(token))).status).toBe(404);
    expect(await (await ask('GET', PATH)).json()).toMatchObject({
      viewers: expect.arrayContaining([{ id, name, createdAt: 0, expiresAt: null, role: 'auditor' }]),
    });
    expect(await (await ask('DELETE', `${PATH}/${id}`)).json()).toEqual({ revoked: id });
    expect(await env.KV.get(`viewer:${id}`)).toBeNull();
    expect(site.asked).toEqual([]);
  });

  it('from before there were roles goes on as a viewer’s', async () => {
    const { id, token } = await addViewer(newName());
    const { role: _, ...old } = JSON.parse((await env.KV.get(`viewer:${id}`)) ?? '');
    await env.KV.put(`viewer:${id}`, JSON.stringify(old), {
      metadata: { name: old.name, createdAt: 1, expiresAt: null },
    });
    const site = await createSite();
    expect((await site.visit('/alerts', bearer(token), in90Days(0))).status).toBe(200);
    expect((await site.visit(PATH, bearer(token))).status).toBe(404);
    expect(await (await ask('GET', PATH)).json()).toMatchObject({
      viewers: expect.arrayContaining([{ id, name: old.name, createdAt: 1, expiresAt: null, role: 'viewer' }]),
    });
  });

  it('of an operator creates and revokes others, which a session of an operator can’t', async () => {
    const { token } = await create({ name: newName(), role: 'operator' });
    const site = await createSite();
    const body = JSON.stringify({ name: newName(), role: 'responder' });
    const made = await site.visit(PATH, { ...bearer(token), method: 'POST', body });
    const { id, role } = (await made.json()) as { id: string; role: string };
    expect([made.status, role]).toEqual([201, 'responder']);
    const signedIn = await site.visit('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ token }).toString(),
    });
    const cookie = /^[^;]+/.exec(signedIn.headers.get('set-cookie') ?? '')?.[0] ?? '';
    const bySession = { method: 'DELETE', headers: { cookie, 'sec-fetch-site': 'same-origin' } };
    expect((await site.visit(`${PATH}/${id}`, bySession)).status).toBe(404);
    const revoked = await site.visit(`${PATH}/${id}`, { ...bearer(token), method: 'DELETE' });
    expect(await revoked.json()).toEqual({ revoked: id });
  });

  it('with a name in use is not created', async () => {
    const name = newName();
    expect((await ask('POST', PATH, { name })).status).toBe(201);
    const again = await ask('POST', PATH, { name });
    expect([again.status, await again.json()]).toEqual([409, { message: expect.stringContaining(name) }]);
  });

  it.each([
    ['no JSON', 'Ada'],
    ['null', 'null'],
    ['no name', {}],
    ['an empty name', { name: ' ' }],
    ['a name with a terminal escape sequence', { name: 'a\u001b[2J' }],
    ['a name that is a number', { name: 7 }],
    ['a long name', { name: 'a'.repeat(65) }],
    ['an unknown role', { name: 'x', role: 'admin' }],
    ['a role that is a list', { name: 'x', role: ['operator'] }],
    ['an expiry in the past', { name: 'x', expiresAt: 1 }],
    ['an expiry that is text', { name: 'x', expiresAt: '2030' }],
    ['an expiry in a thousand years', { name: 'x', expiresAt: Date.now() + 1e14 }],
  ])('is not created from %s', async (_, body) => {
    const answer = await ask('POST', PATH, body);
    expect([answer.status, await answer.json()]).toEqual([422, { message: expect.any(String) }]);
  });

  it.each(['x', 'checkpoint-of-a-test', 'viewer:x', '0'.repeat(17), '0'.repeat(15)])(
    'is not revoked by an invalid id: %s',
    async (id) => {
      await env.KV.put('checkpoint-of-a-test', 'x');
      expect(await (await ask('DELETE', `${PATH}/${id}`)).json()).toEqual({ revoked: null });
      expect(await env.KV.get('checkpoint-of-a-test')).toBe('x');
    },
  );

  it('can’t be listed or created by a viewer', async () => {
    const site = await createSite();
    const { token } = await addViewer('curious');
    for (const method of ['GET', 'POST']) {
      expect((await site.visit(PATH, { ...bearer(token), method })).status).toBe(404);
    }
  });

  it('can’t be created, listed or revoked without KV', async () => {
    for (const [method, path] of [
      ['GET', PATH],
      ['POST', PATH],
      ['DELETE', `${PATH}/${'0'.repeat(16)}`],
    ] as const) {
      expect((await ask(method, path, null, { settings: { KV: undefined } })).status).toBe(503);
    }
  });
});
