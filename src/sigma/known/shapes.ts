/**
 * What the texts of a field look like, as the trees of regular expressions for the whole text.
 *
 * Contract: a shape has every text that entries have; it may have more. Pure.
 */
import type { FieldFormat, KnownField } from '../catalogue.ts';
import { valuesOf } from '../catalogue.ts';
import type { Node } from '../regex/node.ts';
import { parseRegex } from '../regex/parse.ts';

const BYTE = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = `(?:${BYTE}\\.){3}${BYTE}`;
const GROUP = '[0-9a-fA-F]{1,4}';
/** `::` with so many groups before it: it stands for one of the eight or more. The last two may be an IPv4 address. */
const SHORTENED = [0, 1, 2, 3, 4, 5, 6, 7].map((before) => {
  const left = before === 0 ? '' : `${GROUP}(?::${GROUP}){${before - 1}}`;
  const groups = before === 7 ? '' : `(?:${GROUP}(?::${GROUP}){0,${6 - before}})?`;
  const mapped = before > 5 ? '' : `|(?:${GROUP}:){0,${5 - before}}${IPV4}`;
  return `${left}::(?:${groups}${mapped})`;
});
const IPV6 = [`(?:${GROUP}:){7}${GROUP}`, `(?:${GROUP}:){6}${IPV4}`, ...SHORTENED].join('|');
const PLAIN_GROUP = '(?:0|[1-9a-f][0-9a-f]{0,3})';

/** Of every value. Of an action nothing is sure. */
const FORMATS: { readonly [format in FieldFormat]: string | null } = {
  action: null,
  address: `${IPV4}|${IPV6}`,
  network: `(?:${BYTE}\\.){3}0/24|${PLAIN_GROUP}(?::${PLAIN_GROUP}){0,3}::/64`,
  time: '[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\\.[0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})',
  path: '/(?s:.*)',
  template: '/|(?:/(?:[a-z0-9._~:-]{1,32}|\\{id\\}))+(?:/…)?',
};
const NUMBER = '-?[0-9]+(?:\\.[0-9]+)?(?:e[-+]?[0-9]+)?';

/** The shape of all texts that a field can have; null if they can be any. `folded`: of texts without case. */
export function shapeOf({ type, format, range }: KnownField, folded: boolean): Node | null {
  const source = format !== undefined ? FORMATS[format] : type === 'number' && range === undefined ? NUMBER : null;
  return source === null ? null : parseRegex(source, folded ? 'i' : '');
}

/** An id has a digit, or it is that of a template: words are parts of the path. */
const ID = '(?:[^/?]*[0-9][^/?]*|\\{id\\})';

/** The shape of the known paths, with any query. */
export function pathsShape(field: KnownField, folded: boolean): Node {
  const templates = valuesOf(field).map((template) =>
    template
      .split('{id}')
      .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join(ID),
  );
  return parseRegex(`(?:${templates.join('|')})/?(?:\\?[^/]*)?`, folded ? 'i' : '');
}
