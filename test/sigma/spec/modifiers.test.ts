/** Every modifier of the appendix (sigma-appendix-modifiers.md), sentence by sentence. */
import { describe } from 'vitest';
import { examples } from './examples.ts';

const base64 = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding).toString('base64');
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('generic modifiers', () => {
  examples([
    {
      says: 'normally, lists of values are linked with OR',
      selection: '{a|contains: [one, two]}',
      yes: [{ a: 'one' }, { a: 'two' }],
      no: [{ a: 'three' }],
    },
    {
      says: 'all: changes this to AND',
      selection: '{a|contains|all: [one, two]}',
      yes: [{ a: 'one two' }, { a: 'two, one' }],
      no: [{ a: 'one' }, { a: 'two' }],
    },
    {
      says: 'all: the parameters of a command line, where the order may vary',
      selection: "{cmd|contains|all: ['-f', '-x']}",
      yes: [{ cmd: 'run -x -f' }, { cmd: 'run -f -x' }],
      no: [{ cmd: 'run -f' }],
    },
    {
      says: 'all: of values without another modifier, over the members of a list',
      selection: '{a|all: [one, two]}',
      yes: [{ a: ['two', 'one', 'three'] }],
      no: [{ a: ['one'] }, { a: 'one' }],
    },
    {
      says: 'all: single item values are not allowed to have it',
      selection: '{a|contains|all: one}',
      notice: '"all" needs a list of several values',
    },
    {
      says: 'startswith: the value is expected at the beginning of the field’s content',
      selection: '{a|startswith: adm}',
      yes: [{ a: 'administrator' }, { a: 'adm' }, { a: 'ADMIN' }],
      no: [{ a: 'my admin' }, { a: 'ad' }, {}],
    },
    {
      says: "startswith: replaces 'adm*'",
      selection: "{a: 'adm*'}",
      yes: [{ a: 'administrator' }, { a: 'adm' }],
      no: [{ a: 'my admin' }],
    },
    {
      says: 'endswith: the value is expected at the end of the field’s content',
      selection: String.raw`{a|endswith: '\cmd.exe'}`,
      yes: [{ a: String.raw`C:\Windows\cmd.exe` }, { a: String.raw`\CMD.EXE` }],
      no: [{ a: String.raw`C:\cmd.exe.bak` }, { a: 'cmd.exe' }],
    },
    {
      says: String.raw`endswith: replaces '*\\cmd.exe'`,
      selection: String.raw`{a: '*\\cmd.exe'}`,
      yes: [{ a: String.raw`C:\Windows\cmd.exe` }],
      no: [{ a: String.raw`C:\cmd.exe.bak` }],
    },
    {
      says: 'contains: puts * wildcards around the values, such that the value is matched anywhere in the field',
      selection: '{a|contains: mid}',
      yes: [{ a: 'amidst' }, { a: 'mid' }, { a: 'MIDDLE' }, { a: 'pyramid' }],
      no: [{ a: 'mi d' }, { b: 'mid' }],
    },
    {
      says: 'contains: a wildcard inside the value stays one',
      selection: "{a|contains: 'x?z*q'}",
      yes: [{ a: '..xyz...q..' }],
      no: [{ a: 'xzq' }],
    },
    {
      says: 'exists: true — a certain field has to exist',
      selection: '{a|exists: true}',
      yes: [{ a: 1 }, { a: '' }, { a: null }, { a: [] }, { a: { b: 1 } }],
      no: [{}, { b: 1 }],
    },
    {
      says: 'exists: false — it must not exist',
      selection: '{a|exists: false}',
      yes: [{}, { b: 1 }],
      no: [{ a: 1 }, { a: null }, { a: '' }],
    },
    {
      says: 'exists: by providing a boolean value',
      selection: '{a|exists: maybe}',
      refused: '"exists" needs true or false',
    },
    {
      says: 'exists: of a field inside another',
      selection: '{a.b|exists: true}',
      yes: [{ a: { b: null } }, { 'a.b': 1 }],
      no: [{ a: null }, { a: { c: 1 } }],
    },
    {
      says: 'cased: values are applied case sensitively',
      selection: '{a|cased: Admin}',
      yes: [{ a: 'Admin' }],
      no: [{ a: 'admin' }, { a: 'ADMIN' }],
    },
    {
      says: 'cased: with contains',
      selection: '{a|contains|cased: Adm}',
      yes: [{ a: 'my Admin' }],
      no: [{ a: 'my admin' }],
    },
    {
      says: 'cased: with startswith, in any order of the two',
      selection: '{a|cased|startswith: Adm}',
      yes: [{ a: 'Admin' }],
      no: [{ a: 'admin' }],
    },
    {
      says: 'cased: with endswith and a wildcard',
      selection: "{a|endswith|cased: 'A*n'}",
      yes: [{ a: 'my Admin' }],
      no: [{ a: 'my admin' }],
    },
    {
      says: 'cased: default Sigma behavior is case-insensitive matching',
      selection: '{a: Admin}',
      yes: [{ a: 'admin' }, { a: 'ADMIN' }],
      no: [{ a: 'admins' }],
    },
    {
      says: 'neq: the field is different from the specified values',
      selection: '{a|neq: [x, y]}',
      yes: [{ a: 'z' }],
      no: [{ a: 'x' }, { a: 'Y' }],
    },
    {
      says: 'neq: a missing field is different from any value',
      selection: '{a|neq: x}',
      yes: [{}, { a: null }],
      no: [{ a: 'x' }],
    },
    {
      says: 'neq: no member of a list may be one of the values',
      selection: '{a|neq: x}',
      yes: [{ a: ['y', 'z'] }],
      no: [{ a: ['y', 'x'] }],
    },
    {
      says: 'neq: with startswith, it does not start so',
      selection: '{a|startswith|neq: x}',
      yes: [{ a: 'yx' }],
      no: [{ a: 'xy' }],
    },
    {
      says: 'neq: with cidr, it is outside the range',
      selection: '{ip|cidr|neq: 10.0.0.0/8}',
      yes: [{ ip: '192.0.2.1' }],
      no: [{ ip: '10.1.2.3' }],
    },
    {
      says: 'neq: with re, nothing of it matches',
      selection: "{a|re|neq: '^x'}",
      yes: [{ a: 'yx' }],
      no: [{ a: 'xy' }],
    },
    { says: 'an unknown modifier is an error', selection: '{a|contians: x}', refused: 'did you mean "contains"' },
  ]);
});

describe('windash', () => {
  examples([
    {
      says: 'windash: all permutations of -, /, –, — and ―',
      selection: "{cmd|windash|contains: ' -delete'}",
      yes: ['-', '/', '–', '—', '―'].map((dash) => ({ cmd: `vm ${dash}delete now` })),
      no: [{ cmd: 'vm +delete now' }, { cmd: 'vm delete' }],
    },
    {
      says: 'windash: converts the characters interchangeably, whichever the rule is written with',
      selection: "{cmd|windash|contains: ' /delete'}",
      yes: ['-', '/', '–', '—', '―'].map((dash) => ({ cmd: `vm ${dash}DELETE now` })),
      no: [{ cmd: 'vm +delete now' }],
    },
    {
      says: 'windash: all possible permutations of several',
      selection: "{cmd|windash: 'x -a /b'}",
      yes: [{ cmd: 'x -a /b' }, { cmd: 'x /a –b' }, { cmd: 'x ―a —b' }],
      no: [{ cmd: 'x a b' }, { cmd: 'x -a b' }],
    },
    {
      says: 'windash: a dash inside a word is no flag',
      selection: "{cmd|windash|contains: ' -dry-run'}",
      yes: [{ cmd: 'vm /dry-run' }],
      no: [{ cmd: 'vm -dry/run' }],
    },
    {
      says: 'windash: a-b has no flag, as pySigma reads it',
      selection: '{cmd|windash: a-b}',
      yes: [{ cmd: 'a-b' }],
      no: [{ cmd: 'a/b' }, { cmd: 'a–b' }],
    },
    {
      says: 'windash: nor has x/y',
      selection: '{cmd|windash: x/y}',
      yes: [{ cmd: 'x/y' }],
      no: [{ cmd: 'x-y' }],
    },
    {
      says: 'windash: -a is a flag, at the start of the text',
      selection: '{cmd|windash: -a}',
      yes: ['-', '/', '–', '—', '―'].map((dash) => ({ cmd: `${dash}a` })),
      no: [{ cmd: 'a' }, { cmd: '--a' }],
    },
    {
      says: 'windash: so is /a',
      selection: '{cmd|windash: /a}',
      yes: [{ cmd: '/a' }, { cmd: '-a' }, { cmd: '—a' }],
      no: [{ cmd: 'a' }],
    },
    {
      says: 'windash: of " -a b" the spaces and the rest stay',
      selection: "{cmd|windash: ' -a b'}",
      yes: [{ cmd: ' -a b' }, { cmd: ' /a b' }],
      no: [{ cmd: '/a b' }, { cmd: ' -a -b' }],
    },
    {
      says: 'windash: of --a the second dash is before the flag, the first is not',
      selection: '{cmd|windash: --a}',
      yes: [{ cmd: '--a' }, { cmd: '-/a' }],
      no: [{ cmd: '//a' }, { cmd: '/-a' }],
    },
    {
      says: 'windash: of a -b the dash is before a flag, because no word ends before it',
      selection: "{cmd|windash: 'a -b'}",
      yes: [{ cmd: 'a -b' }, { cmd: 'a /b' }],
      no: [{ cmd: 'a-b' }],
    },
    {
      says: 'windash: with contains and all',
      selection: "{cmd|windash|contains|all: [' -a', ' -b']}",
      yes: [{ cmd: 'x /b –a' }],
      no: [{ cmd: 'x /b' }],
    },
    {
      says: 'windash: after contains',
      selection: "{cmd|contains|windash: ' -a'}",
      yes: [{ cmd: 'x /a y' }],
      no: [{ cmd: 'x a y' }],
    },
    {
      says: 'windash: with startswith and endswith',
      selection: "{cmd|startswith|windash: '-a', end|endswith|windash: '/z'}",
      yes: [{ cmd: '/a b', end: 'y -z' }],
      no: [
        { cmd: 'x /a b', end: 'y -z' },
        { cmd: '/a b', end: '-z y' },
      ],
    },
    {
      says: 'windash: wildcards stay wildcards',
      selection: "{cmd|windash: '*-a*'}",
      yes: [{ cmd: 'x /a b' }],
      no: [{ cmd: 'x a b' }],
    },
    { says: 'windash: only for strings', selection: '{a|windash: 4}', refused: 'windash' },
  ]);
});

describe('regular expressions', () => {
  examples([
    {
      says: 're: the value is handled as a regular expression, found anywhere',
      selection: "{a|re: 'v[0-9]+'}",
      yes: [{ a: 'xv12y' }],
      no: [{ a: 'xvy' }],
    },
    {
      says: 're: is matched case-sensitive by default',
      selection: "{a|re: 'Admin'}",
      yes: [{ a: 'the Admin' }],
      no: [{ a: 'the admin' }],
    },
    { says: 're: wildcard .', selection: "{a|re: '^x.z$'}", yes: [{ a: 'xyz' }], no: [{ a: 'xz' }, { a: 'x\nz' }] },
    { says: 're: anchor ^', selection: "{a|re: '^x'}", yes: [{ a: 'xy' }], no: [{ a: 'yx' }, { a: 'y\nx' }] },
    { says: 're: anchor $', selection: "{a|re: 'x$'}", yes: [{ a: 'yx' }], no: [{ a: 'xy' }, { a: 'x\ny' }] },
    { says: 're: quantifier *', selection: "{a|re: '^xy*$'}", yes: [{ a: 'x' }, { a: 'xyy' }], no: [{ a: 'xz' }] },
    { says: 're: quantifier +', selection: "{a|re: '^xy+$'}", yes: [{ a: 'xy' }, { a: 'xyy' }], no: [{ a: 'x' }] },
    { says: 're: quantifier ?', selection: "{a|re: '^xy?$'}", yes: [{ a: 'x' }, { a: 'xy' }], no: [{ a: 'xyy' }] },
    {
      says: 're: quantifier {n,m}',
      selection: "{a|re: '^x{2,3}$'}",
      yes: [{ a: 'xx' }, { a: 'xxx' }],
      no: [{ a: 'x' }, { a: 'xxxx' }],
    },
    { says: 're: class [a-z]', selection: "{a|re: '^[a-c]$'}", yes: [{ a: 'b' }], no: [{ a: 'd' }, { a: 'B' }] },
    { says: 're: class [^a-z]', selection: "{a|re: '^[^a-c]$'}", yes: [{ a: 'd' }], no: [{ a: 'b' }] },
    { says: 're: alternation |', selection: "{a|re: '^(x|y)$'}", yes: [{ a: 'x' }, { a: 'y' }], no: [{ a: 'z' }] },
    { says: 're: grouping ()', selection: "{a|re: '^(xy)+$'}", yes: [{ a: 'xyxy' }], no: [{ a: 'xyx' }] },
    {
      says: 're: a wildcard of Sigma is none here',
      selection: "{a|re: '^x*$'}",
      yes: [{ a: 'xx' }, { a: '' }],
      no: [{ a: 'xy' }],
    },
    {
      says: 're: a backslash is the expression’s own',
      selection: String.raw`{a|re: '^x\.y\\z\*$'}`,
      yes: [{ a: String.raw`x.y\z*` }],
      no: [{ a: String.raw`xay\z*` }],
    },
    {
      says: 're: other metacharacters are unsupported: look-around',
      selection: "{a|re: 'x(?=y)'}",
      refused: 'not a valid RE2 regular expression',
    },
    {
      says: 're: other metacharacters are unsupported: back-references',
      selection: String.raw`{a|re: '(x)\1'}`,
      refused: 'not a valid RE2 regular expression',
    },
    { says: 're: a broken one is refused', selection: "{a|re: '['}", refused: 'not a valid RE2 regular expression' },
    {
      says: 're|i: case-insensitive matching',
      selection: "{a|re|i: '^admin$'}",
      yes: [{ a: 'ADMIN' }, { a: 'Admin' }],
      no: [{ a: 'admins' }],
    },
    {
      says: 're|m: ^ and $ match the start and end of line',
      selection: "{a|re|m: '^x$'}",
      yes: [{ a: 'y\nx\nz' }],
      no: [{ a: 'y\nxx\nz' }],
    },
    {
      says: 're|s: dot matches all characters, including the newline character',
      selection: "{a|re|s: '^x.z$'}",
      yes: [{ a: 'x\nz' }, { a: 'xyz' }],
      no: [{ a: 'xz' }],
    },
    {
      says: 're|i|m|s: together',
      selection: "{a|re|i|m|s: '^X.Z$'}",
      yes: [{ a: 'a\nx\nz\nb' }],
      no: [{ a: 'a x\nz b' }],
    },
    { says: 'i: follows re', selection: '{a|i: x}', refused: 'must follow "re"' },
    { says: 're: does not stand with contains', selection: '{a|contains|re: x}', refused: "can't be combined" },
    {
      says: 're: a list is an OR, and with all an AND',
      detection: "any: {a|re: ['^x', 'z$']}\nevery: {b|re|all: ['^x', 'z$']}\ncondition: any and every",
      yes: [
        { a: 'x', b: 'xz' },
        { a: 'z', b: 'xyz' },
      ],
      no: [
        { a: 'y', b: 'xz' },
        { a: 'x', b: 'x' },
      ],
    },
  ]);
});

describe('encodings', () => {
  const hidden = 'tocsin rings';
  examples([
    {
      says: 'base64: the value is encoded with Base64',
      selection: `{a|base64: '${hidden}'}`,
      yes: [{ a: base64(hidden) }],
      no: [{ a: hidden }, { a: base64(`${hidden}!`) }],
    },
    {
      says: 'base64: then contained',
      selection: `{a|base64|contains: '${hidden}'}`,
      yes: [{ a: `x ${base64(hidden)} y` }],
      no: [{ a: base64(`.${hidden}`) }],
    },
    {
      says: 'base64: of letters outside ASCII, as UTF-8',
      selection: '{a|base64: Glöckner}',
      yes: [{ a: base64('Glöckner') }],
      no: [{ a: base64('Glockner') }],
    },
    {
      says: 'base64: of a number, its digits',
      selection: '{a|base64: 1234}',
      yes: [{ a: 'MTIzNA==' }],
      no: [{ a: 1234 }],
    },
    {
      says: 'base64offset: three variants for shifts by zero to two bytes',
      selection: `{a|base64offset|contains: '${hidden}'}`,
      yes: ['', '.', '..', '...', '....'].flatMap((before) =>
        ['', '!', '!!', '!!!'].map((after) => ({ a: `run ${base64(before + hidden + after)}` })),
      ),
      no: [{ a: hidden }, { a: base64('tocsin sings') }],
    },
    {
      says: 'base64offset: with all, each value at any of its shifts',
      selection: '{a|base64offset|contains|all: [tocsin, sounds]}',
      yes: [{ a: base64('a tocsin that sounds') }, { a: base64('sounds a tocsin') }],
      no: [{ a: base64('a tocsin') }, { a: base64('it sounds') }],
    },
    {
      says: 'utf16le: cmd > 63 00 6d 00 64 00',
      selection: '{a|utf16le|base64: cmd}',
      yes: [{ a: Buffer.from([0x63, 0, 0x6d, 0, 0x64, 0]).toString('base64') }],
      no: [{ a: base64('cmd') }],
    },
    {
      says: 'utf16le: not encoded further, as characters',
      selection: '{a|utf16le: cmd}',
      yes: [{ a: 'c\0m\0d\0' }],
      no: [{ a: 'cmd' }],
    },
    {
      says: 'utf16be: cmd > 00 63 00 6d 00 64',
      selection: '{a|utf16be|base64: cmd}',
      yes: [{ a: Buffer.from([0, 0x63, 0, 0x6d, 0, 0x64]).toString('base64') }],
      no: [{ a: base64('cmd') }, { a: base64('cmd', 'utf16le') }],
    },
    {
      says: 'utf16be: shifted',
      selection: `{a|utf16be|base64offset|contains: '${hidden}'}`,
      yes: ['', '.', '..'].map((before) => ({
        a: Buffer.concat([Buffer.from(before), utf16be(hidden), Buffer.from('..')]).toString('base64'),
      })),
      no: [{ a: base64(hidden, 'utf16le') }],
    },
    {
      says: 'utf16: prepends a byte order mark: cmd > FF FE 63 00 6d 00 64 00',
      selection: '{a|utf16|base64: cmd}',
      yes: [{ a: Buffer.from([0xff, 0xfe, 0x63, 0, 0x6d, 0, 0x64, 0]).toString('base64') }],
      no: [{ a: base64('cmd', 'utf16le') }],
    },
    {
      says: 'wide: an alias for utf16le',
      selection: '{a|wide|base64: cmd}',
      yes: [{ a: 'YwBtAGQA' }],
      no: [{ a: base64('cmd') }],
    },
    {
      says: 'wide, base64offset, contains: as they are used against PowerShell',
      selection: '{cmd|wide|base64offset|contains: IEX}',
      yes: ['', 'x', 'xy', 'xyz'].map((before) => ({ cmd: `powershell -enc ${base64(`${before}IEX (`, 'utf16le')}` })),
      no: [{ cmd: `powershell -enc ${base64('IEX (')}` }],
    },
    { says: 'encodings are for strings without wildcards', selection: "{a|base64: 'a*'}", refused: 'base64' },
  ]);
});

describe('numeric modifiers', () => {
  examples([
    {
      says: 'lt: field is less than the value',
      selection: '{a|lt: 400}',
      yes: [{ a: 399 }, { a: -1 }],
      no: [{ a: 400 }],
    },
    {
      says: 'lte: field is less or equal than the value',
      selection: '{a|lte: 400}',
      yes: [{ a: 400 }, { a: 399.5 }],
      no: [{ a: 401 }, { a: 400.01 }],
    },
    { says: 'gt: field is greater than the value', selection: '{a|gt: 400}', yes: [{ a: 401 }], no: [{ a: 400 }] },
    {
      says: 'gte: field is greater or equal than the value',
      selection: '{a|gte: 400}',
      yes: [{ a: 400 }, { a: 500 }, { a: '403' }],
      no: [{ a: 399 }, { a: 'many' }, { a: null }, {}],
    },
    {
      says: 'neq: field is not equal than the value',
      selection: '{a|neq: 400}',
      yes: [{ a: 401 }, { a: '401' }],
      no: [{ a: 400 }, { a: '400' }],
    },
    { says: 'fractions', selection: '{a|gt: 0.5}', yes: [{ a: 0.75 }, { a: '0.51' }], no: [{ a: 0.5 }] },
    {
      says: 'a range is two items',
      selection: '{a|gte: 400, a|lt: 500}',
      yes: [{ a: 400 }, { a: 499 }],
      no: [{ a: 500 }, { a: 399 }],
    },
    { says: 'neq with gte is less', selection: '{a|gte|neq: 400}', yes: [{ a: 399 }], no: [{ a: 400 }] },
    { says: 'only for numeric values', selection: '{a|lt: many}', refused: '"lt" needs a number' },
  ]);
});

describe('time modifiers', () => {
  const at = (created_at: unknown) => ({ created_at });
  examples([
    {
      says: 'minute: number between 0 and 59',
      selection: '{created_at|minute: 7}',
      yes: [at('2025-01-01T00:07:59Z'), at('2025-06-30 23:07:00')],
      no: [at('2025-01-01T07:08:07Z'), at('2025-07-07')],
    },
    {
      says: 'hour: number between 0 and 23',
      selection: '{created_at|hour: 23}',
      yes: [at('2025-01-01T23:00:00Z')],
      no: [at('2025-01-23T22:23:23Z')],
    },
    {
      says: 'day: number between 1 and 31',
      selection: '{created_at|day: 31}',
      yes: [at('2025-01-31T23:59:59Z'), at('2025-12-31')],
      no: [at('2025-01-30T23:31:31Z')],
    },
    {
      says: 'week: number between 1 and 52, as in ISO 8601',
      selection: '{created_at|week: 1}',
      yes: [at('2024-12-30T00:00:00Z'), at('2025-01-05T23:59:59Z'), at('2026-01-01')],
      no: [at('2024-12-29T23:59:59Z'), at('2025-01-06T00:00:00Z'), at('2021-01-01')],
    },
    {
      says: 'week: the 53rd, in a year that has one',
      selection: '{created_at|week: 53}',
      yes: [at('2021-01-01'), at('2020-12-31'), at('2026-12-31')],
      no: [at('2025-12-31'), at('2021-01-04')],
    },
    {
      says: 'month: number between 1 and 12',
      selection: '{created_at|month: 12}',
      yes: [at('2025-12-01T00:00:00Z')],
      no: [at('2025-11-12T12:12:12Z')],
    },
    {
      says: 'year: number of the year',
      selection: '{created_at|year: 2025}',
      yes: [at('2025-01-01T00:00:00Z'), at('2025-12-31T23:59:59.999Z')],
      no: [at('2024-12-31T23:59:59Z'), at('2026-01-01T00:00:00Z')],
    },
    {
      says: 'not designed to handle timezone conversions: read as it is written',
      selection: '{created_at|hour: 23}',
      yes: [at('2025-01-01T23:30:00-05:00'), at('2025-01-01T23:30:00+02:00')],
      no: [at('2025-01-01T21:00:00-02:00')],
    },
    {
      says: 'compared: outside working hours',
      detection: 'early: {created_at|hour|lt: 7}\nlate: {created_at|hour|gte: 19}\ncondition: early or late',
      yes: [at('2025-01-01T06:59:59Z'), at('2025-01-01T19:00:00Z')],
      no: [at('2025-01-01T07:00:00Z'), at('2025-01-01T18:59:59Z')],
    },
    {
      says: 'compared: gt and lte',
      selection: '{created_at|day|gt: 10, created_at|day|lte: 12}',
      yes: [at('2025-01-11'), at('2025-01-12')],
      no: [at('2025-01-10'), at('2025-01-13')],
    },
    {
      says: 'a list is an OR',
      selection: '{created_at|month: [7, 8]}',
      yes: [at('2025-07-01'), at('2025-08-31')],
      no: [at('2025-09-01')],
    },
    {
      says: 'neq: any other',
      selection: '{created_at|year|neq: 2025}',
      yes: [at('2024-01-01'), {}],
      no: [at('2025-01-01')],
    },
    {
      says: 'a number is seconds, or milliseconds, since 1970, in UTC',
      selection: '{created_at|hour: 1}',
      yes: [at(1_735_693_200), at(1_735_693_200_000), at('1735693200')],
      no: [at(1_735_689_600), at(1_735_689_600_000)],
    },
    {
      says: 'what is no date has no parts',
      selection: '{created_at|month|gte: 1}',
      yes: [at('2025-01-01')],
      no: [at('yesterday'), at(''), at('2025-13-01'), at(null), {}],
    },
    { says: 'only for numbers', selection: '{created_at|hour: noon}', refused: 'hour' },
    { says: 'hour: there is no hour 24', selection: '{created_at|hour: 24}', refused: 'hour' },
  ]);
});

describe('cidr', () => {
  examples([
    {
      says: 'cidr: the value is handled as a network range: DestinationIp|cidr: 10.0.0.0/8',
      selection: '{DestinationIp|cidr: 10.0.0.0/8}',
      yes: [{ DestinationIp: '10.0.0.0' }, { DestinationIp: '10.255.255.255' }],
      no: [{ DestinationIp: '11.0.0.0' }, { DestinationIp: '9.255.255.255' }, { DestinationIp: '10.0' }, {}],
    },
    {
      says: 'cidr: IPv6 notation',
      selection: "{ip|cidr: '2001:db8::/32'}",
      yes: [{ ip: '2001:db8::1' }, { ip: '2001:0DB8:ffff:0:0:0:0:1' }],
      no: [{ ip: '2001:db9::1' }, { ip: '10.0.0.1' }],
    },
    {
      says: 'cidr: a list of ranges, of both kinds',
      selection: "{ip|cidr: [10.0.0.0/8, 192.168.0.0/16, 'fc00::/7']}",
      yes: [{ ip: '192.168.1.1' }, { ip: 'fd00::1' }, { ip: '10.1.1.1' }],
      no: [{ ip: '192.169.0.1' }, { ip: 'fe80::1' }],
    },
    {
      says: 'cidr: one address',
      selection: '{ip|cidr: 192.0.2.7/32}',
      yes: [{ ip: '192.0.2.7' }],
      no: [{ ip: '192.0.2.6' }, { ip: '192.0.2.70' }],
    },
    {
      says: 'cidr: within a byte',
      selection: '{ip|cidr: 192.0.2.128/25}',
      yes: [{ ip: '192.0.2.128' }, { ip: '192.0.2.255' }],
      no: [{ ip: '192.0.2.127' }],
    },
    { says: 'cidr: only for IP values', selection: '{ip|cidr: ten}', refused: 'not a range of IP addresses' },
    { says: 'cidr: no more bits than there are', selection: '{ip|cidr: 10.0.0.0/33}', refused: 'not a range' },
  ]);
});

describe('fieldref', () => {
  examples([
    {
      says: 'fieldref: compares fields of matched events directly',
      selection: '{actor.id|fieldref: target.id}',
      yes: [{ actor: { id: 'u-1' }, target: { id: 'U-1' } }],
      no: [{ actor: { id: 'u-1' }, target: { id: 'u-2' } }, { actor: { id: 'target.id' } }, {}],
    },
    {
      says: 'fieldref: can be combined with neq',
      selection: '{actor.id|fieldref|neq: target.id}',
      yes: [{ actor: { id: 'u-1' }, target: { id: 'u-2' } }],
      no: [{ actor: { id: 'u-1' }, target: { id: 'u-1' } }],
    },
    {
      says: 'fieldref: with cased',
      selection: '{a|fieldref|cased: b}',
      yes: [{ a: 'X', b: 'X' }],
      no: [{ a: 'X', b: 'x' }],
    },
    {
      says: 'fieldref: contains, startswith, endswith',
      selection: '{a|fieldref|contains: x, a|fieldref|startswith: y, a|fieldref|endswith: z}',
      yes: [{ a: 'one two three', x: 'two', y: 'one', z: 'three' }],
      no: [
        { a: 'one two three', x: 'four', y: 'one', z: 'three' },
        { a: 'one two three', x: 'two', y: 'two', z: 'three' },
        { a: 'one two three', x: 'two', y: 'one', z: 'two' },
      ],
    },
    {
      says: 'fieldref: numbers by their value',
      selection: '{a|fieldref: b}',
      yes: [{ a: 42, b: '42' }],
      no: [{ a: 42, b: 43 }],
    },
    {
      says: 'fieldref: what stands in the other field is text, not a pattern',
      selection: '{a|fieldref: b}',
      yes: [{ a: '*', b: '*' }],
      no: [{ a: 'x', b: '*' }],
    },
    {
      says: 'fieldref: any member with any member',
      selection: '{a|fieldref: b}',
      yes: [{ a: ['x', 'y'], b: ['y', 'z'] }],
      no: [{ a: ['x'], b: ['y'] }],
    },
    {
      says: 'fieldref: several fields, any of them',
      selection: '{a|fieldref: [b, c]}',
      yes: [
        { a: 1, b: 1 },
        { a: 1, c: 1 },
      ],
      no: [{ a: 1, b: 2, c: 3 }],
    },
    {
      says: 'fieldref: several fields, with all each of them',
      selection: '{a|fieldref|all: [b, c]}',
      yes: [{ a: 1, b: 1, c: 1 }],
      no: [{ a: 1, b: 1, c: 2 }],
    },
    {
      says: 'fieldref: a field that is missing on either side is equal to none',
      selection: '{a|fieldref: b}',
      yes: [{ a: 'x', b: 'x' }],
      no: [{}, { a: null, b: null }, { a: 'x' }, { b: 'x' }],
    },
    { says: 'fieldref: a plain string', selection: '{a|fieldref: 4}', refused: 'fieldref' },
  ]);
});
