/** Values of a field that look alike, as JSON has them: which are the same to keys and groups, and which are not. */

type Row = readonly [what: string, a: unknown, b: unknown];

const long = 'x'.repeat(70_000);

/** Not the same, though some print alike. */
export const differentValues: readonly Row[] = [
  ['one is empty, one is missing', '', undefined],
  ['one is empty, one is null', '', null],
  ['one is the text null', 'null', null],
  ['one is the text undefined', 'undefined', undefined],
  ['one is the text of what is missing, as a list', '[null]', null],
  ['one has null in a list', [null], null],
  ['one is a list of nothing', [], null],
  ['one is a list of nothing, one is empty', [], ''],
  ['one is an object of nothing', {}, []],
  ['one is a list', ['u-1'], 'u-1'],
  ['one is the text of the list', '["u-1"]', ['u-1']],
  ['one is a list in a list', [['u-1']], ['u-1']],
  ['one is the JSON of the other', '"u-1"', 'u-1'],
  ['one begins as texts do in windows', '=u-1', 'u-1'],
  ['one is a number', 7, '7'],
  ['one is a number in a list', [7], 7],
  ['one is the text of that', '[7]', 7],
  ['one is 0', 0, ''],
  ['one is false', false, 'false'],
  ['one is true, one is 1', true, 1],
  ['one is false, one is 0', false, 0],
  ['one is false, one is null', false, null],
  ['one is the text of an object', '{"a":1}', { a: 1 }],
  ['a list is in another order', ['a', 'b'], ['b', 'a']],
  ['two members are one text', ['a,b'], ['a', 'b']],
  ['a field is null, or not there', { a: null }, {}],
  ['they differ by case', 'A', 'a'],
  ['they differ by a space', 'a ', 'a'],
  ['they differ in how a letter is composed', '\u00fc', 'u\u0308'],
  ['one is half of a character', '\ud800', '\ufffd'],
  ['one has a character that ends a text in C', 'a\u0000', 'a'],
  ['a number is written as a text', '1.0', '1'],
  ['they are too big, one as a text', JSON.parse('1e400'), 'Infinity'],
  ['they are too big, with other signs', JSON.parse('1e400'), JSON.parse('-1e400')],
  ['one is too big, one is null', JSON.parse('1e400'), null],
  ['they differ after 512 characters', `${'x'.repeat(600)}a`, `${'x'.repeat(600)}b`],
  ['they differ after 65,536 characters', `${long}a`, `${long}b`],
  ['they differ in a list, after 65,536 characters', [`${long}a`], [`${long}b`]],
];

/** The same, however they are written. */
export const sameValues: readonly Row[] = [
  ['both are missing, one as null', null, undefined],
  ['both are empty', '', ''],
  ['they are one number', JSON.parse('1.0'), JSON.parse('1')],
  ['one number has an exponent', JSON.parse('1e3'), JSON.parse('1000')],
  ['they are zero, with a sign', JSON.parse('-0'), JSON.parse('0')],
  ['both are too big', JSON.parse('1e400'), JSON.parse('2e400')],
  ['an object is in another order', { a: 1, b: 2 }, { b: 2, a: 1 }],
  ['so is one in a list in an object', { a: [{ b: 1, c: 2 }] }, { a: [{ c: 2, b: 1 }] }],
  ['both are long', `${long}a`, `${long}a`],
];
