/** An operator's token covers the body and the query, and acts once. */
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { operatorToken } from '../../src/access/operator.ts';
import { NOT_TWICE } from '../../src/web/operator-paths.ts';
import { fill } from './full-storage.ts';
import { addViewer, bearer, createSite, SECRET, type Site, type SiteChanges } from './site.ts';
import { HOUR } from './world.ts';

const VIEWERS = '/operator/viewers';
let names = 0;
const viewerBody = () => JSON.stringify({ name: `copied ${++names} ${Date.now()}` });

const tokenFor = (method: string, path: string, body: string, at = Date.now()) =>
  operatorToken(SECRET, method, path, body, at);
const send = (site: Site, method: string, path: string, body: BodyInit | null, token: string, changes?: SiteChanges) =>
  site.visit(path, { ...bearer(token), method, body }, changes);

describe("the operator's token", () => {
  it('is for its body', async () => {
    const site = await createSite();
    const body = viewerBody();
    const other = viewerBody();
    const token = await tokenFor('POST', VIEWERS, body);
    for (const sent of [
      other,
      '',
      `${body} `,
      `\ufeff${body}`,
      new Uint8Array([...new TextEncoder().encode(body), 0xff]),
    ]) {
      const response = await send(site, 'POST', VIEWERS, sent, token);
      expect([response.status, await response.json()]).toEqual([404, { message: 'not found' }]);
    }
    expect((await send(site, 'POST', VIEWERS, body, token)).status).toBe(201);
  });

  it('is for its query', async () => {
    const site = await createSite();
    const path = "/operator/security?state=all&before=7&x='a'";
    const token = await tokenFor('GET', new URL(path, 'https://x').href.slice('https://x'.length), '');
    expect((await send(site, 'GET', path, null, token)).status).toBe(200);
    for (const other of [
      '/operator/security',
      '/operator/security?state=all',
      `${path}&y`,
      '/operator/security?before=7&state=all',
    ]) {
      expect((await send(site, 'GET', other, null, token)).status).toBe(404);
    }
  });

  it('acts once: a copy of the request does nothing, in any isolate', async () => {
    const site = await createSite();
    await site.world.untilEnded();
    const deps = { ledger: site.world.stub as unknown as Site['deps']['ledger'] };
    const body = viewerBody();
    const token = await tokenFor('POST', VIEWERS, body);
    expect((await send(site, 'POST', VIEWERS, body, token, { deps })).status).toBe(201);
    // Even where what it did has been undone since.
    for (const key of (await env.KV.list({ prefix: 'viewer:' })).keys) await env.KV.delete(key.name);
    const again = await send(await createSite(), 'POST', VIEWERS, body, token, { deps });
    expect([again.status, await again.json()]).toEqual([409, { message: NOT_TWICE }]);
    await site.world.evict();
    expect((await send(site, 'POST', VIEWERS, body, token, { deps })).status).toBe(409);
    expect(await site.world.sql('SELECT 1 FROM spent_proofs')).toHaveLength(1);
    expect((await send(site, 'POST', VIEWERS, body, await tokenFor('POST', VIEWERS, body), { deps })).status).toBe(201);
  });

  it('reads, and revokes, as often as it is sent', async () => {
    const site = await createSite();
    const read = await tokenFor('GET', '/operator/status', '');
    for (let i = 0; i < 2; i++) expect((await send(site, 'GET', '/operator/status', null, read)).status).toBe(200);
    const { id } = await addViewer('revoked twice');
    const path = `${VIEWERS}/${id}`;
    const revoke = await tokenFor('DELETE', path, '');
    const answers = [];
    for (let i = 0; i < 2; i++) answers.push(await (await send(site, 'DELETE', path, null, revoke)).json());
    expect(answers).toEqual([{ revoked: id }, { revoked: null }]);
  });

  it('revokes a viewer while the ledger is out of order, and acts in no other way', async () => {
    const site = await createSite();
    const { id } = await addViewer('an emergency');
    const spendProof = () => Promise.reject(new Error('no ledger today'));
    for (const ledger of [{ ...site.ledger, spendProof }, null]) {
      const deps = { ledger };
      const body = viewerBody();
      const added = await send(site, 'POST', VIEWERS, body, await tokenFor('POST', VIEWERS, body), { deps });
      expect(added.status).toBe(503);
      const path = `${VIEWERS}/${id}`;
      expect((await send(site, 'DELETE', path, null, await tokenFor('DELETE', path, ''), { deps })).status).toBe(200);
    }
    expect(await env.KV.get(`viewer:${id}`)).toBeNull();
  });

  it('on a full database reads, revokes, drops and plans a restore; what a copy could do again is not done', async () => {
    const site = await createSite();
    await site.world.untilEnded();
    const ledger = site.world.stub as unknown as Site['deps']['ledger'];
    const deps = { ledger, reconnect: () => ledger as never };
    const ask = async (method: string, path: string, body = '') => {
      const response = await send(
        site,
        method,
        path,
        method === 'POST' ? body : null,
        await tokenFor(method, path, body),
        { deps },
      );
      return { status: response.status, json: (await response.json()) as Record<string, unknown> };
    };
    const { id } = await addViewer('when it was full');
    const empty = await fill(site.world);
    for (const path of [
      ...['/operator/status', '/operator/quarantine', '/operator/quarantine/record?name=x', '/operator/security'],
      ...['/operator/viewers', '/api/alerts', '/api/silences'],
    ])
      expect([path, (await ask('GET', path)).status]).toEqual([path, 200]);
    expect((await ask('DELETE', `${VIEWERS}/${id}`)).json).toEqual({ revoked: id });
    const dropped = await ask('POST', '/operator/quarantine/drop', JSON.stringify({ records: ['none'] }));
    expect([dropped.status, dropped.json]).toEqual([200, { dropped: [expect.objectContaining({ name: 'none' })] }]);
    const at = new Date(Date.now() - 2 * 60_000).toISOString();
    for (const confirmed of [false, true]) {
      const planned = await ask('POST', '/operator/restore', JSON.stringify({ at, suppress: false, confirmed }));
      // The ledger was asked: it is too young.
      expect([planned.status, planned.json.message]).toEqual([422, expect.stringContaining('ledger')]);
    }
    for (const path of ['viewers', 'test', 'resend', 'rewind', 'quarantine/release']) {
      const stopped = await ask('POST', `/operator/${path}`, viewerBody());
      expect([path, stopped.status, stopped.json.message]).toEqual([
        path,
        503,
        expect.stringContaining('nothing was done: the ledger can’t remember'),
      ]);
    }
    await empty();
    expect((await ask('POST', VIEWERS, viewerBody())).status).toBe(201);
  });

  it('by the previous LINK_SECRET does not operate', async () => {
    const site = await createSite({
      settings: { LINK_SECRET: 'another secret of 32 characters.', LINK_SECRET_PREVIOUS: SECRET },
    });
    const token = await tokenFor('GET', '/operator/status', '');
    expect((await send(site, 'GET', '/operator/status', null, token)).status).toBe(404);
  });
});

describe('a body', () => {
  const stream = (parts: readonly string[], ends: boolean) =>
    new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
        if (ends) controller.close();
      },
    });
  const untouched = () => {
    let touched = false;
    const body = new ReadableStream(
      {
        pull() {
          touched = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { body, wasTouched: () => touched };
  };

  it('of a caller without a proof is not read', async () => {
    const site = await createSite();
    const { token: viewer } = await addViewer('no operator');
    for (const token of ['x', viewer, await tokenFor('POST', '/operator/rewind', '', Date.now() - HOUR)]) {
      const { body, wasTouched } = untouched();
      expect((await send(site, 'POST', VIEWERS, body, token)).status).toBe(404);
      expect(wasTouched()).toBe(false);
    }
  });

  it('that is too long is a 413, also from an operator', async () => {
    const site = await createSite();
    const { token } = await addViewer('an operator', null, 'operator');
    const long = 'x'.repeat(1024 * 1024 + 1);
    for (const proof of [token, await tokenFor('POST', VIEWERS, long)]) {
      expect((await send(site, 'POST', VIEWERS, long, proof)).status).toBe(413);
      expect((await send(site, 'POST', VIEWERS, stream([long], true), proof)).status).toBe(413);
    }
  });

  it.each([
    '/operator/viewers',
    '/operator/rewind',
    '/operator/restore',
    '/operator/resend',
    '/operator/quarantine/drop',
  ])(
    'that never ends is a 408: %s',
    async (path) => {
      const site = await createSite();
      const token = await tokenFor('POST', path, '{}');
      const response = await send(site, 'POST', path, stream(['{'], false), token);
      expect([response.status, await response.json()]).toEqual([408, { message: expect.stringContaining('in time') }]);
    },
    20_000,
  );
});
