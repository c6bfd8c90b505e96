/** Search identifiers and conditions (sigma-rules-specification.md, "Lists", "Maps", "Keywords search", "Condition"). */
import { describe } from 'vitest';
import { examples } from './examples.ts';

describe('lists', () => {
  examples([
    {
      says: 'strings are applied to the full log message and linked with OR',
      detection: "keywords:\n  - 'EVILSERVICE'\n  - 'svchost.exe -n evil'\ncondition: keywords",
      yes: [{ x: 'an EvilService' }, { x: { y: ['C:\\svchost.exe -n evil.txt'] } }],
      no: [{ x: 'svchost.exe' }, { EVILSERVICE: 'x' }, {}],
    },
    {
      says: 'maps: all map items of a list are linked with OR',
      detection: String.raw`
        selection:
          - Image|endswith: '\\example.exe'
          - Description|contains: 'Test executable'
        condition: selection`,
      yes: [{ Image: String.raw`C:\example.exe` }, { Description: 'A test executable!' }],
      no: [{ Image: 'example.exe', Description: 'A test' }, {}],
    },
    {
      says: 'a map in a list is still an AND',
      detection: 'selection:\n  - {a: 1, b: 2}\n  - {c: 3}\ncondition: selection',
      yes: [{ a: 1, b: 2 }, { c: 3 }],
      no: [{ a: 1 }, { b: 2 }],
    },
    { says: 'an empty list never matches: refused', selection: '[]', refused: 'empty list' },
  ]);
});

describe('maps', () => {
  examples([
    {
      says: 'EventLog Security and ( Event ID 517 or Event ID 1102 )',
      selection: '{EventLog: Security, EventID: [517, 1102]}',
      yes: [
        { EventLog: 'Security', EventID: 517 },
        { EventLog: 'security', EventID: '1102' },
      ],
      no: [{ EventLog: 'Security', EventID: 518 }, { EventLog: 'System', EventID: 517 }, { EventID: 517 }],
    },
    {
      says: 'all elements of a map are joined with AND',
      selection: "{EventLog: Security, EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0x17'}",
      yes: [{ EventLog: 'Security', EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0x17' }],
      no: [{ EventLog: 'Security', EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0x12' }],
    },
    {
      says: 'one field twice, by different modifiers',
      selection: '{path|startswith: /v1, path|endswith: /restart}',
      yes: [{ path: '/v1/vms/1/restart' }],
      no: [{ path: '/v1/vms' }, { path: '/v2/restart' }],
    },
    { says: 'an empty map matches everything: refused', selection: '{}', refused: 'is empty' },
  ]);
});

describe('keywords search', () => {
  examples([
    {
      says: 'it is a matter of searching for keywords across an entire event',
      detection: "mimikatz_keywords:\n  - 'event::clear'\n  - 'event::drop'\ncondition: mimikatz_keywords",
      yes: [{ cmd: 'mimikatz event::clear' }, { deep: [{ er: 'EVENT::DROP' }] }],
      no: [{ cmd: 'event clear' }],
    },
    {
      says: "to have an AND operator, we use the '|all': modifier",
      detection:
        "keywords_cmdlet:\n  '|all':\n    - 'OabVirtualDirectory'\n    - ' -ExternalUrl '\ncondition: keywords_cmdlet",
      yes: [{ cmd: 'Set-OabVirtualDirectory -ExternalUrl x' }, { a: 'OabVirtualDirectory', b: 'x -externalurl y' }],
      no: [{ cmd: 'Set-OabVirtualDirectory' }, { cmd: 'x -ExternalUrl y' }],
    },
    {
      says: 'keywords may have wildcards',
      detection: "keywords: ['ev?l*service']\ncondition: keywords",
      yes: [{ a: 'an evil little service' }],
      no: [{ a: 'an evl service' }],
    },
    {
      says: 'numbers are keywords too',
      detection: 'keywords: [4769]\ncondition: keywords',
      yes: [{ a: 4769 }, { a: 'event 4769.' }],
      no: [{ a: 476 }],
    },
    {
      says: 'keywords negated',
      detection: 'selection: {a: 1}\nkeywords: [maintenance]\ncondition: selection and not keywords',
      yes: [{ a: 1, note: 'x' }],
      no: [{ a: 1, note: 'Maintenance window' }],
    },
  ]);
});

const FIVE = `
  selection1: {a: 1}
  selection2: {b: 1}
  filter1: {x: 1}
  filter2: {y: 1}
  _hidden: {z: 1}
`;

describe('condition', () => {
  examples([
    {
      says: 'logical OR: keywords1 or keywords2',
      detection: 'keywords1: [one]\nkeywords2: [two]\ncondition: keywords1 or keywords2',
      yes: [{ a: 'one' }, { a: 'two' }],
      no: [{ a: 'three' }],
    },
    {
      says: 'logical AND',
      detection: 'keywords1: [one]\nkeywords2: [two]\ncondition: keywords1 and keywords2',
      yes: [{ a: 'one', b: 'two' }],
      no: [{ a: 'one' }, { a: 'two' }],
    },
    {
      says: '1 of them: across all search identifiers not starting with an underscore',
      detection: `${FIVE}\n  condition: 1 of them`,
      yes: [{ a: 1 }, { b: 1 }, { x: 1 }, { y: 1 }],
      no: [{ z: 1 }, {}],
    },
    {
      says: 'any of them: the same',
      detection: `${FIVE}\n  condition: any of them`,
      yes: [{ b: 1 }],
      no: [{ z: 1 }, {}],
    },
    {
      says: 'all of them: without those that start with an underscore',
      detection: `${FIVE}\n  condition: all of them`,
      yes: [{ a: 1, b: 1, x: 1, y: 1 }],
      no: [
        { a: 1, b: 1, x: 1 },
        { a: 1, b: 1, z: 1 },
      ],
    },
    {
      says: 'the search identifiers are linked with their default behavior for maps (AND) and lists (OR)',
      detection: 'map: {a: 1, b: 1}\nlist: [{c: 1}, {d: 1}]\ncondition: all of them',
      yes: [{ a: 1, b: 1, d: 1 }],
      no: [
        { a: 1, d: 1 },
        { a: 1, b: 1 },
      ],
    },
    {
      says: 'all of selection*',
      detection: `${FIVE}\n  condition: all of selection*`,
      yes: [{ a: 1, b: 1 }],
      no: [{ a: 1 }, { b: 1, x: 1, y: 1 }],
    },
    {
      says: '1 of selection* and keywords',
      detection: `${FIVE}\n  keywords: [word]\n  condition: 1 of selection* and keywords`,
      yes: [{ b: 1, text: 'a word' }],
      no: [{ b: 1 }, { text: 'a word' }],
    },
    {
      says: '1 of selection* and not 1 of filter*',
      detection: `${FIVE}\n  condition: 1 of selection* and not 1 of filter*`,
      yes: [{ a: 1 }, { b: 1, z: 1 }],
      no: [{ a: 1, x: 1 }, { b: 1, y: 1 }, { x: 1 }],
    },
    {
      says: 'matching is done with * at arbitrary positions in the pattern',
      detection: 'one_a_x: {a: 1}\ntwo_a_y: {b: 1}\nthree_b: {c: 1}\ncondition: 1 of *_a_*',
      yes: [{ a: 1 }, { b: 1 }],
      no: [{ c: 1 }],
    },
    {
      says: 'a search identifier that starts with an underscore can be named',
      detection: `${FIVE}\n  condition: selection1 and _hidden`,
      yes: [{ a: 1, z: 1 }],
      no: [{ a: 1 }, { z: 1 }],
    },
    {
      says: 'negation: keywords and not filters',
      detection: 'keywords: [word]\nfilters: {a: 1}\ncondition: keywords and not filters',
      yes: [{ b: 'word' }],
      no: [{ b: 'word', a: 1 }, { b: 'x' }],
    },
    {
      says: 'brackets: selection1 and (keywords1 or keywords2)',
      detection:
        'selection1: {a: 1}\nkeywords1: [one]\nkeywords2: [two]\ncondition: selection1 and (keywords1 or keywords2)',
      yes: [
        { a: 1, b: 'one' },
        { a: 1, b: 'two' },
      ],
      no: [{ a: 1 }, { b: 'one' }],
    },
    {
      says: 'precedence: and binds more than or',
      detection: 'p: {a: 1}\nq: {b: 1}\nr: {c: 1}\ncondition: p or q and r',
      yes: [{ a: 1 }, { b: 1, c: 1 }],
      no: [{ b: 1 }, { c: 1 }],
    },
    {
      says: 'precedence: not binds more than and',
      detection: 'p: {a: 1}\nq: {b: 1}\ncondition: not p and q',
      yes: [{ b: 1 }],
      no: [{ a: 1, b: 1 }, {}],
    },
    {
      says: 'precedence: x of binds more than not',
      detection: `${FIVE}\n  condition: not 1 of filter* and selection1`,
      yes: [{ a: 1 }],
      no: [{ a: 1, y: 1 }, { b: 1 }],
    },
    {
      says: 'precedence: brackets bind most',
      detection: 'p: {a: 1}\nq: {b: 1}\nr: {c: 1}\ncondition: not (p or q) and r',
      yes: [{ c: 1 }],
      no: [{ a: 1, c: 1 }, { b: 1, c: 1 }, {}],
    },
    {
      says: 'the condition can be a list: they are linked with OR',
      detection: 'p: {a: 1}\nq: {b: 1}\nr: {c: 1}\ncondition:\n  - p and r\n  - q and r',
      yes: [
        { a: 1, c: 1 },
        { b: 1, c: 1 },
      ],
      no: [{ a: 1, b: 1 }, { c: 1 }],
    },
    {
      says: 'mandatory: without a condition there is no rule',
      detection: 'selection: {a: 1}',
      refused: 'there is no condition',
    },
    {
      says: 'a search identifier that is not there',
      detection: 'selection: {a: 1}\ncondition: selektion',
      refused: 'did you mean "selection"?',
    },
    {
      says: 'a search identifier that nobody names',
      detection: 'selection: {a: 1}\nother: {b: 1}\ncondition: selection',
      notice: '"other" is not used',
    },
    {
      says: 'a pattern that matches nothing',
      detection: 'selection: {a: 1}\ncondition: selection and not 1 of filter*',
      refused: 'no selection matches "filter*"',
    },
    {
      says: 'brackets that are not closed',
      detection: 'selection: {a: 1}\ncondition: (selection',
      refused: 'unclosed',
    },
    {
      says: 'the pipe syntax is obsolete: aggregations are correlations',
      detection: 'selection: {a: 1}\ncondition: selection | count() > 5',
      refused: 'write a correlation rule',
    },
  ]);
});
