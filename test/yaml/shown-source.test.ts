import { describe, expect, test } from 'vitest';
import { shownSource } from '../../src/yaml/shown-source.ts';

describe('shownSource', () => {
  test('leaves out the tests of every document, and nothing else', () => {
    const text = `# a comment
title: one
tocsin:
    tests:
        - name: a   # why
          match: true
        - name: b
          match: false
    # after
    runbook: x
---
title: two
tocsin:
    runbook: y
    tests: [{match: true}]
`;
    expect(shownSource(text)).toBe(`# a comment
title: one
tocsin:
    # 2 tests: see the file
    # after
    runbook: x
---
title: two
tocsin:
    runbook: y
    # 1 test: see the file
`);
  });

  test.each([
    ['no tests', 'title: a\ntocsin:\n    runbook: b\n'],
    ['tests elsewhere', 'tests: [a]\nselection:\n    tests: [b]\n'],
    ['not YAML', 'tocsin: {tests: [a]\n  b: : c\n'],
    ['in braces', 'title: a\ntocsin: {tests: [a], runbook: b}\n'],
    ['no list', 'tocsin:\n    tests: none\n'],
  ])('keeps the whole text: %s', (_, text) => {
    expect(shownSource(text)).toBe(text);
  });

  test('works without a line break at the end, and with CRLF', () => {
    expect(shownSource('tocsin:\n    tests:\n        - a')).toBe('tocsin:\n    # 1 test: see the file');
    expect(shownSource('tocsin:\r\n    tests:\r\n        - a\r\n    runbook: b\r\n')).toBe(
      'tocsin:\r\n    # 1 test: see the file\r\n    runbook: b\r\n',
    );
  });
});
