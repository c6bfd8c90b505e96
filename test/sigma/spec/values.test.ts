/** Values: strings, wildcards, escapes, numbers, null and existence (sigma-rules-specification.md, "Detection"). */
import { describe } from 'vitest';
import { examples } from './examples.ts';

describe('general', () => {
  examples([
    {
      says: 'all values are treated as case-insensitive strings',
      selection: '{a: Deleted}',
      yes: [{ a: 'deleted' }, { a: 'DELETED' }],
      no: [{ a: 'delete' }, { a: 'deleted ' }],
    },
    {
      says: 'case-insensitive: letters outside ASCII too',
      selection: '{a: ÄRGER}',
      yes: [{ a: 'ärger' }],
      no: [{ a: 'arger' }],
    },
    {
      says: 'all values are strings: a number is its digits',
      selection: '{a: 4769}',
      yes: [{ a: 4769 }, { a: '4769' }],
      no: [{ a: 47690 }, { a: '04769' }],
    },
    {
      says: 'all values are strings: digits in quotes are the number',
      selection: "{a: '4769'}",
      yes: [{ a: 4769 }, { a: '4769' }],
      no: [{ a: 4768 }],
    },
    {
      says: 'true is the text',
      selection: '{a: true}',
      yes: [{ a: true }, { a: 'True' }],
      no: [{ a: false }, { a: 1 }],
    },
    {
      says: 'you can use the wildcard characters * and ? in strings',
      selection: "{a: 'a?c*'}",
      yes: [{ a: 'abc' }, { a: 'abcdef' }],
      no: [{ a: 'ac' }, { a: 'xabc' }],
    },
    {
      says: 'regular expressions are case-sensitive by default',
      selection: "{a|re: 'X'}",
      yes: [{ a: 'X' }],
      no: [{ a: 'x' }],
    },
    {
      says: 'you don’t have to escape characters except the string quotation marks',
      selection: `{a: 'it''s [a] (b) {c} ^d$ .e+ |f'}`,
      yes: [{ a: "it's [a] (b) {c} ^d$ .e+ |f" }],
      no: [{ a: 'its [a] (b) {c} ^d$ .e+ |f' }],
    },
  ]);
});

describe('string wildcards', () => {
  examples([
    {
      says: '? replaces a single mandatory character: prog?.exe',
      selection: "{a: 'prog?.exe'}",
      yes: [{ a: 'progA.exe' }, { a: 'progB.exe' }, { a: 'prog😀.exe' }],
      no: [{ a: 'prog.exe' }, { a: 'progAB.exe' }],
    },
    {
      says: '* replaces an unbounded length: antivirus_V*.exe',
      selection: "{a: 'antivirus_V*.exe'}",
      yes: [
        { a: 'antivirus_V1.exe' },
        { a: 'antivirus_V21.2.1.exe' },
        { a: 'antivirus_V.exe' },
        { a: 'antivirus_v\n.exe' },
      ],
      no: [{ a: 'antivirus_.exe' }, { a: 'antivirus_V1.exe.txt' }],
    },
    {
      says: '*something: see endswith',
      selection: "{a: '*something'}",
      yes: [{ a: 'something' }, { a: 'is something' }],
      no: [{ a: 'something else' }],
    },
    {
      says: 'something*: see startswith',
      selection: "{a: 'something*'}",
      yes: [{ a: 'something' }, { a: 'something else' }],
      no: [{ a: 'is something' }],
    },
    {
      says: '*something*: see contains',
      selection: "{a: '*something*'}",
      yes: [{ a: 'something' }, { a: 'is something else' }],
      no: [{ a: 'some thing' }],
    },
    {
      says: '* alone: any text, where there is one',
      selection: "{a: '*'}",
      yes: [{ a: 'x' }, { a: '' }, { a: 0 }],
      no: [{}, { a: null }],
    },
    {
      says: '?* is a text that is not empty',
      selection: "{a: '?*'}",
      yes: [{ a: 'x' }, { a: 12 }],
      no: [{ a: '' }, {}],
    },
    {
      says: 'several wildcards each find their place',
      selection: "{a: '*a*b?c*d'}",
      yes: [{ a: 'xxaxxbxcxxd' }, { a: 'aabbbxcd' }],
      no: [{ a: 'abcd' }, { a: 'abxcdx' }],
    },
  ]);
});

describe('the escape character', () => {
  examples([
    {
      says: String.raw`a plain backslash not followed by a wildcard can be expressed as single \ …`,
      selection: String.raw`{a: 'C:\Windows\System32'}`,
      yes: [{ a: String.raw`C:\Windows\System32` }],
      no: [{ a: String.raw`C:\\Windows\\System32` }, { a: 'C:WindowsSystem32' }],
    },
    {
      says: String.raw`… or double backslash \\`,
      selection: String.raw`{a: 'C:\\Windows\\System32'}`,
      yes: [{ a: String.raw`C:\Windows\System32` }],
      no: [{ a: String.raw`C:\\Windows\\System32` }],
    },
    {
      says: 'a backslash at the end is one',
      selection: String.raw`{a: 'C:\Windows\'}`,
      yes: [{ a: 'C:\\Windows\\' }],
      no: [{ a: 'C:\\Windows' }],
    },
    {
      says: String.raw`a wildcard has to be escaped to be handled as a plain character: \*`,
      selection: String.raw`{a: 'x\*'}`,
      yes: [{ a: 'x*' }],
      no: [{ a: 'xy' }, { a: 'x' }, { a: String.raw`x\*` }],
    },
    {
      says: String.raw`a wildcard has to be escaped to be handled as a plain character: \?`,
      selection: String.raw`{a: 'x\?'}`,
      yes: [{ a: 'x?' }],
      no: [{ a: 'xy' }, { a: String.raw`x\y` }],
    },
    {
      says: String.raw`the backslash before a wildcard has to be escaped: \\* is a backslash and a wildcard`,
      selection: String.raw`{a: 'x\\*'}`,
      yes: [{ a: String.raw`x\yz` }, { a: 'x\\' }],
      no: [{ a: 'xyz' }, { a: 'x*' }],
    },
    {
      says: String.raw`and \\? a backslash and one character`,
      selection: String.raw`{a: 'x\\?'}`,
      yes: [{ a: String.raw`x\y` }],
      no: [{ a: 'x\\' }, { a: String.raw`x\yz` }, { a: 'x?' }],
    },
    {
      says: String.raw`three backslashes escape both, the backslash and the wildcard: \\\*`,
      selection: String.raw`{a: 'x\\\*'}`,
      yes: [{ a: String.raw`x\*` }],
      no: [{ a: String.raw`x\yz` }, { a: 'x*' }],
    },
    {
      says: 'three backslashes are handled as double backslash',
      selection: String.raw`{a: 'x\\\y'}`,
      yes: [{ a: String.raw`x\\y` }],
      no: [{ a: String.raw`x\y` }, { a: String.raw`x\\\y` }],
    },
    {
      says: String.raw`four too: \\\\ results in the plain value \\`,
      selection: String.raw`{a: 'x\\\\y'}`,
      yes: [{ a: String.raw`x\\y` }],
      no: [{ a: String.raw`x\y` }, { a: String.raw`x\\\\y` }],
    },
    {
      says: 'four before a wildcard are two and a wildcard',
      selection: String.raw`{a: 'x\\\\*'}`,
      yes: [{ a: String.raw`x\\yz` }],
      no: [{ a: String.raw`x\yz` }],
    },
    {
      says: 'escapes mean the same with contains',
      selection: String.raw`{a|contains: 'x\*y\z'}`,
      yes: [{ a: String.raw`..x*y\z..` }],
      no: [{ a: String.raw`..xxy\z..` }],
    },
  ]);
});

describe('special field values', () => {
  examples([
    {
      says: "an empty value is defined with ''",
      selection: "{a: ''}",
      yes: [{ a: '' }],
      no: [{ a: ' ' }, { a: null }, {}, { a: 0 }],
    },
    {
      says: 'a null value is defined with null',
      selection: '{a: null}',
      yes: [{ a: null }, {}],
      no: [{ a: '' }, { a: 'null' }, { a: 0 }, { a: false }],
    },
    {
      says: 'not null: another selection, negated in the condition',
      detection: 'selection: {EventID: 4738}\nfilter: {PasswordLastSet: null}\ncondition: selection and not filter',
      yes: [{ EventID: 4738, PasswordLastSet: 'today' }],
      no: [{ EventID: 4738, PasswordLastSet: null }, { EventID: 4738 }],
    },
    {
      says: 'null beside an empty value: two selections',
      detection: `
        selection_main: {FieldA: something}
        selection_empty1: {FieldB: ''}
        selection_empty2: {FieldB: null}
        condition: selection_main and 1 of selection_empty*`,
      yes: [{ FieldA: 'something', FieldB: '' }, { FieldA: 'something', FieldB: null }, { FieldA: 'something' }],
      no: [{ FieldA: 'something', FieldB: 'x' }, { FieldB: '' }],
    },
    {
      says: 'null cannot be part of a list of field values',
      selection: "{FieldB: ['', null]}",
      notice: 'Sigma has no null in lists',
    },
    {
      says: 'null with a modifier for strings is nothing',
      selection: '{a|contains: null}',
      refused: 'needs text, not null',
    },
  ]);
});

describe('field existence', () => {
  examples([
    {
      says: 'a field can be optional in the event: exists checks it',
      selection: '{EventID: 4738, PasswordLastSet|exists: true}',
      yes: [
        { EventID: 4738, PasswordLastSet: null },
        { EventID: 4738, PasswordLastSet: 'x' },
      ],
      no: [{ EventID: 4738 }],
    },
  ]);
});

describe('value modifiers', () => {
  examples([
    {
      says: 'they can be chained, and are applied in the given order to the value',
      selection: '{a|wide|base64: cmd}',
      yes: [{ a: Buffer.from('cmd', 'utf16le').toString('base64') }],
      no: [{ a: Buffer.from('cmd').toString('base64') }],
    },
    {
      says: 'the order given is not another one',
      selection: '{a|base64|wide: cmd}',
      yes: [{ a: [...Buffer.from('cmd').toString('base64')].map((char) => `${char}\0`).join('') }],
      no: [{ a: Buffer.from('cmd', 'utf16le').toString('base64') }],
    },
    {
      says: 'they work on value lists',
      selection: '{a|endswith: [.exe, .dll]}',
      yes: [{ a: 'x.exe' }, { a: 'x.DLL' }],
      no: [{ a: 'x.txt' }],
    },
    {
      says: 'a value might also expand into multiple values',
      selection: '{a|base64offset|contains: tocsin}',
      yes: ['', '.', '..'].map((before) => ({ a: Buffer.from(`${before}tocsin..`).toString('base64') })),
      no: [{ a: 'tocsin' }],
    },
  ]);
});

describe('what a field is', () => {
  examples([
    {
      says: 'a field inside another, by its path',
      selection: '{actor.id: u-1}',
      yes: [{ actor: { id: 'u-1' } }, { 'actor.id': 'u-1' }],
      no: [{ actor: 'u-1' }, { actor: { name: 'u-1' } }, { id: 'u-1' }],
    },
    {
      says: 'a list matches where any member does',
      selection: '{tags: blue}',
      yes: [{ tags: ['red', 'Blue'] }],
      no: [{ tags: ['red'] }, { tags: [] }],
    },
    {
      says: 'a list of maps, by the path through it',
      selection: '{disks.size|gt: 100}',
      yes: [{ disks: [{ size: 50 }, { size: 200 }] }],
      no: [{ disks: [{ size: 50 }] }],
    },
    {
      says: 'names of fields are case-sensitive',
      selection: '{Action: x}',
      yes: [{ Action: 'x' }],
      no: [{ action: 'x' }],
    },
  ]);
});
