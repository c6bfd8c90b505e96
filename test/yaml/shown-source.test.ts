import { describe, expect, test } from 'vitest';
import { shownSource } from '../../src/yaml/shown-source.ts';

describe('shownSource', () => {
  test('leaves out the prose and the tests of every document, and nothing else', () => {
    const text = `# a comment
title: one
description: >-
    a text

    of two paragraphs
falsepositives:
    - one   # a comment
    - two
detection:
    description: a field of this name
tocsin:
    tests:
        - name: a   # why
          match: true
        - name: b
          match: false
    # after
    runbook: x
    dedup: {by: [a]}
---
title: two
author: b
tocsin:
    runbook: y
    tests: [{match: true}]
`;
    expect(shownSource(text)).toBe(`# a comment
title: one
detection:
    description: a field of this name
tocsin:
    # 2 tests: see the file
    # after
    dedup: {by: [a]}
---
title: two
tocsin:
    # 1 test: see the file
`);
  });

  test.each([
    ['no tests', 'title: a\ntocsin:\n    dedup: b\n'],
    ['tests elsewhere', 'tests: [a]\nselection:\n    tests: [b]\n'],
    ['not YAML', 'tocsin: {tests: [a]\n  b: : c\n'],
    ['in braces', 'title: a\ntocsin: {tests: [a], runbook: b}\n'],
    ['a field without a value', 'title:\nname:\ntocsin:\n'],
    ['no list', 'tocsin:\n    tests: none\n'],
  ])('keeps the whole text: %s', (_, text) => {
    expect(shownSource(text)).toBe(text);
  });

  test('works without a line break at the end, and with CRLF', () => {
    expect(shownSource('tocsin:\n    tests:\n        - a')).toBe('tocsin:\n    # 1 test: see the file');
    expect(shownSource('tocsin:\r\n    tests:\r\n        - a\r\n    dedup: b\r\n')).toBe(
      'tocsin:\r\n    # 1 test: see the file\r\n    dedup: b\r\n',
    );
  });
});
