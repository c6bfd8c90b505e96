/** The operator's routes for viewer tokens: created and shown once, listed without a hash, revoked. */
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/access/mac.ts';
import { operatorToken } from '../../src/access/operator.ts';
import { addViewer, bearer, createSite, SECRET, type SiteChanges } from './site.ts';
import { HOUR } from './world.ts';

const PATH = '/operator/viewers';

async function ask(method: string, path: string, body: unknown = null, changes: SiteChanges = {}): Promise<Response> {
  const site = await createSite();
  const token = await operatorToken(SECRET, method, path, Date.now());
  const text = typeof body === 'string' ? body : body === null ? null : JSON.stringify(body);
  return site.visit(path, { ...bearer(token), method, body: text }, changes);
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
    expect(rest).toEqual({ name, createdAt: expect.any(Number), expiresAt });
    const site = await createSite();
    expect((await site.visit('/alerts', bearer(token))).status).toBe(200);

    const stored = (await env.KV.get(`viewer:${id}`)) ?? '';
    expect(stored).toContain(await sha256(token));
    expect(stored).not.toContain(token.slice(-43));

    const list = await (await ask('GET', PATH)).text();
    expect(JSON.parse(list)).toMatchObject({
      viewers: expect.arrayContaining([{ id, name, createdAt: expect.any(Number), expiresAt }]),
    });
    expect(list).not.toContain(await sha256(token));
    expect(list).not.toContain('hash');

    expect(await (await ask('DELETE', `${PATH}/${id}`)).json()).toEqual({ revoked: id });
    expect((await site.visit('/alerts', bearer(token))).status).toBe(404);
    expect(await env.KV.get(`viewer:${id}`)).toBeNull();
    expect(await (await ask('DELETE', `${PATH}/${id}`)).json()).toEqual({ revoked: null });
  });

  it('without an expiry is valid until it is revoked', async () => {
    const { token } = (await (await ask('POST', PATH, { name: newName() })).json()) as { token: string };
    const site = await createSite();
    const inAYear = { deps: { now: () => Date.now() + 365 * 24 * HOUR } };
    expect((await site.visit('/alerts', bearer(token), inAYear)).status).toBe(200);
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
