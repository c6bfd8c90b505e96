/** What JSX compiles to: HTML in which no text is anything but text. The pages themselves are in test/frozen/pages. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fragment, jsx } from '../../src/web/pages/parts/jsx-runtime.ts';

const html = (children: unknown) => jsx('p', { children }).toString();

describe('an element', () => {
  const bold = jsx('b', { children: '1 < 2' });
  it.each<[string, unknown, string]>([
    ['text', '<script>"\'&', '<p>&lt;script&gt;&quot;&#39;&amp;</p>'],
    ['an element', bold, '<p><b>1 &lt; 2</b></p>'],
    ['a list, and lists in it', ['a', [bold, 7, [null, '<']]], '<p>a<b>1 &lt; 2</b>7&lt;</p>'],
    ['nothing', undefined, '<p></p>'],
    ['what shows nothing', [null, undefined, true, false], '<p></p>'],
    ['zero and the empty text', [0, ''], '<p>0</p>'],
    ['text that claims to be HTML', Object.assign(new String('<b>'), { isEscaped: true }), '<p>&lt;b&gt;</p>'],
    ['an object that claims it', { isEscaped: true, toString: () => '<b>' }, '<p>&lt;b&gt;</p>'],
    ['a fragment', jsx(Fragment, { children: ['<', bold] }), '<p>&lt;<b>1 &lt; 2</b></p>'],
    ['a component', jsx(({ of }) => [of, bold], { of: '&' }), '<p>&amp;<b>1 &lt; 2</b></p>'],
    ['a component that shows nothing', jsx(() => null, {}), '<p></p>'],
  ])('has as its child: %s', (_, child, expected) => {
    expect(html(child)).toBe(expected);
  });

  it.each<[string, unknown, string]>([
    ['text', '" onload="x', '<a title="&quot; onload=&quot;x"></a>'],
    ['a number', 0, '<a title="0"></a>'],
    ['the empty text', '', '<a title=""></a>'],
    ['true', true, '<a title="true"></a>'],
    ['false', false, '<a title="false"></a>'],
    ...[null, undefined].map((value): [string, unknown, string] => [String(value), value, '<a></a>']),
    ['an element, which is text here', bold, '<a title="&lt;b&gt;1 &amp;lt; 2&lt;/b&gt;"></a>'],
  ])('has as its attribute: %s', (_, title, expected) => {
    expect(jsx('a', { title }).toString()).toBe(expected);
  });

  it('has a boolean attribute or not', () => {
    expect([true, false, undefined].map((hidden) => jsx('i', { hidden }).toString())).toEqual([
      '<i hidden=""></i>',
      ...['<i></i>', '<i></i>'],
    ]);
  });

  it('without children has no end tag where HTML has none', () => {
    expect(['br', 'meta', 'path'].map((tag) => jsx(tag, {}).toString())).toEqual(['<br/>', '<meta/>', '<path></path>']);
  });

  it('lets no text out of its place', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: fc.constantFrom(...'<>&"\'= /ab') }), (child, title) => {
        const made = jsx('p', { title, children: child }).toString();
        const [, attribute = '', inside = ''] = /^<p title="([^"<>]*)">([^<>]*)<\/p>$/.exec(made) ?? [];
        const back = (text: string) =>
          text.replace(
            /&(lt|gt|quot|#39|amp);/g,
            (_, of) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[of as 'lt'],
          );
        expect([back(attribute), back(inside)]).toEqual([title, child]);
      }),
    );
  });
});
