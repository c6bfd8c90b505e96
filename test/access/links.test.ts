/** Links in messages: what they let one see, whatever the ids hold, and for how long. */
import { describe, expect, it } from 'vitest';
import { LINK_MS, readPass } from '../../src/access/link.ts';
import { linksTo } from '../../src/access/links.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const NOW = Date.UTC(2026, 0, 31, 3);
const SET = { publicUrl: 'https://tocsin.example', linkSecret: SECRET };

describe('the links of a message', () => {
  it('lead to the alert and the entry, each with a pass for that alert that is good for a week', async () => {
    const links = await linksTo(SET, { alert: 12, entry: '0a1b-c' }, NOW);
    const alert = new URL(links.alert ?? '');
    const entry = new URL(links.entry ?? '');
    expect([alert.origin, alert.pathname]).toEqual(['https://tocsin.example', '/alerts/12']);
    expect([entry.origin, entry.pathname]).toEqual(['https://tocsin.example', '/entries/0a1b-c']);
    for (const url of [alert, entry]) {
      expect([...url.searchParams.keys()]).toEqual(['pass']);
      const pass = url.searchParams.get('pass') ?? undefined;
      expect(await readPass(SECRET, pass, NOW)).toEqual({ kind: 'good', pass: { alert: 12, expires: NOW + LINK_MS } });
      expect((await readPass(SECRET, pass, NOW + LINK_MS)).kind).toBe('expired');
      expect((await readPass('f'.repeat(32), pass, NOW)).kind).toBe('none');
    }
  });

  it('lead to the front page, without a pass, where it is about no alert', async () => {
    expect(await linksTo(SET, null, NOW)).toEqual({ alert: 'https://tocsin.example/', entry: null });
  });

  it('are plain where no LINK_SECRET is set, and none where no address is known', async () => {
    expect(await linksTo({ ...SET, linkSecret: null }, { alert: 12, entry: 'e' }, NOW)).toEqual({
      alert: 'https://tocsin.example/alerts/12',
      entry: 'https://tocsin.example/entries/e',
    });
    expect(await linksTo({ ...SET, publicUrl: null }, { alert: 12, entry: 'e' }, NOW)).toEqual({
      alert: null,
      entry: null,
    });
    expect(await linksTo({ publicUrl: null, linkSecret: null }, null, NOW)).toEqual({ alert: null, entry: null });
  });

  it('lead to no entry where it is no more', async () => {
    const links = await linksTo({ ...SET, linkSecret: null }, { alert: 12, entry: '' }, NOW);
    expect(links).toEqual({ alert: 'https://tocsin.example/alerts/12', entry: null });
  });

  it.each([
    ['a path', '../../operator/status'],
    ['a query', 'x?pass=1&y#z'],
    ['another host', '//evil.example/x'],
    ['a line break', 'a\r\nset-cookie: b'],
    ['quotes and brackets', '"><script>'],
    ['right-to-left marks', '\u202egnp.exe'],
    ['half a surrogate pair', 'a\ud800b'],
  ])('stay on the page of entries, whatever an id holds: %s', async (_, id) => {
    const { entry } = await linksTo(SET, { alert: 1, entry: id }, NOW);
    expect(entry).toMatch(/^https:\/\/tocsin\.example\/entries\/[\w.!~*'()%-]*\?pass=[\d.a-f]+$/);
    const url = new URL(entry ?? '');
    expect(url.origin).toBe('https://tocsin.example');
    expect(url.pathname.split('/')).toHaveLength(3);
    expect(decodeURIComponent(url.pathname.slice('/entries/'.length))).toBe(id.toWellFormed());
  });
});
