/**
 * Documents as they are published: written by many people over many years, for other logs and other tools. What is
 * valid Sigma is not refused for its style.
 */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/sigma/engine.ts';
import { parseRules } from '../../../src/sigma/parse-rules.ts';
import { problemText } from '../../../src/yaml/diagnostics.ts';

const DETECTION = "selection:\n    Image|endswith: '\\x.exe'\ncondition: selection";

/** A rule for Windows; `detection` is what stands under its key, `head` what stands before. */
function rule(detection = DETECTION, head = ''): string {
  const lines = detection.split('\n').map((line) => `    ${line}\n`);
  return `title: T\n${head}logsource:\n    category: process_creation\n    product: windows\ndetection:\n${lines.join('')}`;
}

function read(text: string) {
  const { ruleSet, problems } = parseRules([{ path: 'x.yml', text }]);
  const texts = (severity: string) =>
    problems.filter((one) => one.severity === severity).map((problem) => problemText(problem));
  return { ruleSet, errors: texts('error'), notices: texts('notice') };
}

describe('is read', () => {
  test.each([
    ['a date with slashes', rule(DETECTION, 'date: 2023/07/18\nmodified: 2023-07-18\n')],
    ['a date with a time', rule(DETECTION, 'date: 2023-07-18 00:00:00\n')],
    [
      'related rules',
      rule(DETECTION, 'related:\n    - id: 08fbc97d-0a2f-491c-ae21-8ffcfd3174e9\n      type: derived\n'),
    ],
    [
      'keys of one’s own',
      rule(DETECTION, 'score: 3\nlabel: x\nstate: on\nauth: y\nreference: z\nsimulation: [{a: b}]\n'),
    ],
    ['keys of one’s own near those that are there', rule(DETECTION, 'level: high\nlevels: 3\nids: [a]\nid: x\n')],
    [
      'one text for a list',
      rule(DETECTION, 'references: https://example.com\ntags: attack.t1059\nfalsepositives: None\n'),
    ],
    ['nothing for a list', rule(DETECTION, 'references:\nfalsepositives:\n    -\ntags: []\nfields: null\n')],
    ['several authors', rule(DETECTION, 'author: [Ada, Grace]\n')],
    ['tags of any form', rule(DETECTION, 'tags: [Attack.T1059, 2023, cve.2021-44228, a b]\n')],
    ['level and status in other cases', rule(DETECTION, 'level: High\nstatus: Experimental\n')],
    [
      'a definition of the log source',
      rule().replace('product: windows', 'product: windows\n    definition: "Needs: x"\n    note: y'),
    ],
    ['names of selections with dots', rule('sel.a:\n    a: 1\nsel-b:\n    b: 2\ncondition: sel.a or sel-b')],
    [
      'a list of texts, numbers and maps',
      rule('selection:\n    - foo\n    - Image|endswith: x\n    - 4711\ncondition: selection'),
    ],
    ['empty texts', rule("selection:\n    a: ''\n    b: ['', '-']\ncondition: selection")],
    [
      'nothing for a value',
      rule('selection:\n    a: null\n    b: ~\nfilter:\n    c:\ncondition: selection and not filter'),
    ],
    [
      'numbers and spaces in names of fields',
      rule('selection:\n    4: x\n    a b: y\n    cs-uri-query|contains: z\ncondition: selection'),
    ],
    ['a percent sign', rule("selection:\n    a|contains: '%TEMP%'\n    b|contains: '100%'\ncondition: selection")],
    ['line ends of Windows', rule().replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${rule()}`],
    ['tabs in texts', rule('selection:\n    a: "x\\ty"\n    b: \'a\tb\'\ncondition: selection\t or\tselection # c\tx')],
    ['the start and the end of a document', `---\n${rule()}...\n`],
    ['a list of conditions', rule('selection:\n    a: 1\nother:\n    b: 1\ncondition:\n    - selection\n    - other')],
    [
      'a condition over lines',
      rule('selection:\n    a: 1\nother:\n    b: 1\ncondition: |\n    selection and\n    not other'),
    ],
    ['a folded condition', rule('selection:\n    a: 1\nother:\n    b: 1\ncondition: >\n    selection\n    or other')],
    [
      'a condition in capitals',
      rule('selection:\n    a: 1\nfilter:\n    b: 1\ncondition: selection AND NOT 1 OF filter*'),
    ],
    ['all of one value', rule("selection:\n    a|contains|all: x\n    '|all': [y]\ncondition: selection")],
    [
      'a list of thousands',
      rule(
        `selection:\n    a|endswith: [${Array.from({ length: 3_000 }, (_, i) => `x${i}.exe`).join(', ')}]\ncondition: selection`,
      ),
    ],
    [
      'escapes in regular expressions',
      rule(
        String.raw`selection: {a|re: '(?i)^[a-z]{3,}\\\d+\.exe$', b|re: '\-\/\_\"\%', c|re: '.{1000,}'}${'\n'}condition: selection`,
      ),
    ],
    [
      'ranges of addresses',
      rule(
        "selection:\n    a|cidr: ['127.0.0.0/8', '::1/128', 'fe80::/10', '20.150.0.0/15', '10.0.0.1']\ncondition: selection",
      ),
    ],
    [
      'what is used against PowerShell',
      rule(
        "selection:\n    a|wide|base64offset|contains: ['::FromBase64String', IEX]\n    b|utf16|base64: x\ncondition: selection",
      ),
    ],
    [
      'dashes of Windows',
      rule(
        "selection:\n    a|contains|windash|all: [' -a ', ' --b']\n    b|endswith|windash: ' /x'\ncondition: selection",
      ),
    ],
  ])('%s', (_, text) => {
    const { ruleSet, errors } = read(text);
    expect(errors).toEqual([]);
    expect(ruleSet.rules).toHaveLength(1);
    compile(ruleSet).evaluate({ Image: 'x' });
  });

  test('and a byte order mark moves nothing', () => {
    expect(read(`\ufefflevle: high\n${rule()}`).errors[0]).toContain('x.yml:1:1: ');
  });

  test('and places are those of the file, with line ends of Windows too', () => {
    const text = rule('selection:\n    a|contians: 1\ncondition: selection or\n    sellection').replaceAll(
      '\n',
      '\r\n',
    );
    expect(read(text).errors.map((problem) => problem.split(' ')[0])).toEqual(['x.yml:7:9:', 'x.yml:8:16:']);
  });
});

describe('is refused', () => {
  test.each([
    [
      'the syntax before Sigma 2',
      rule('selection:\n    a: 1\ntimeframe: 5m\ncondition: selection | count() > 5'),
      ['aggregations'],
    ],
    ['an unknown level', rule(DETECTION, 'level: severe\n'), ['"severe" is not a valid level']],
    [
      'a placeholder that no list is for',
      rule("selection:\n    a|expand: '%Administrators%'\ncondition: selection"),
      ['add a list with this name: "Administrators: [value, value]"'],
    ],
    [
      'look-around',
      rule("selection:\n    a|re: 'x(?!y)'\ncondition: selection"),
      ['not a valid RE2 regular expression'],
    ],
  ])('%s', (_, text, messages) => {
    const { ruleSet, errors } = read(text);
    expect(ruleSet.rules).toEqual([]);
    for (const message of messages) expect(errors.join('\n')).toContain(message);
  });
});
