/** Every construct of the syntax, with texts that match and texts that do not; and every one that is refused. */
import { describe, expect, test } from 'vitest';
import { createRegex, createRegexTest } from '../../../src/sigma/regex/regex.ts';

type Row = readonly [
  what: string,
  pattern: string,
  matches: readonly string[],
  others: readonly string[],
  flags?: string,
];

const r = String.raw;

const ROWS: readonly Row[] = [
  ['the empty pattern', '', ['', 'a'], []],
  ['a literal, anywhere', 'bc', ['abcd', 'bc'], ['b c', '', 'BC']],
  ['a dot, which is no newline', 'a.c', ['abc', 'a😀c', 'a\rc'], ['ac', 'a\nc']],
  ['a dot under s', 'a.c', ['abc', 'a\nc'], ['ac'], 's'],
  ['a pair of surrogates is one character', '^.$', ['😀', 'é', '\ud83d'], ['', 'ab', '😀😀']],
  ['a surrogate alone is not found in a pair', r`\x{DE00}`, ['\ude00', 'a\ude00'], ['😀']],
  ['half a pair in a class', '[\ud83d]', ['\ud83d', '\ud83da'], ['😀']],

  ['a class', '[abc]', ['b'], ['d', 'B']],
  ['a range', '[a-cx]', ['c', 'x'], ['d', '-']],
  ['a negated class, which may be a newline', '^[^a-c]$', ['d', '\n', '😀'], ['a', '']],
  ['a bracket first in a class', '[]a]', [']', 'a'], ['[']],
  ['a bracket first in a negated class', '^[^]a]$', ['b'], [']', 'a']],
  ['a hyphen last in a class', '[a-]', ['a', '-'], ['b']],
  ['a hyphen after a range', '[a-c-e]', ['b', '-', 'e'], ['d']],
  ['a hyphen after a Perl class', r`[\d-z]`, ['5', '-', 'z'], ['a']],
  ['metacharacters in a class', '[.*+?(){}|^$]', ['.', '^', '$', '|'], ['a']],
  ['escapes in a class', r`[\]\-\\\n\x41\x{1F600}\101]`, [']', '-', '\\', '\n', 'A', '😀'], ['x', 'B']],
  ['a range beyond the first plane', '[😀-😎]', ['😃'], ['a', '\ud83d', '🚀']],

  ['digits', r`^\d$`, ['7'], ['a', '٣']],
  ['no digit', r`^\D$`, ['a', '٣', '\n'], ['7']],
  ['word characters, ASCII', r`^\w$`, ['a', 'Z', '0', '_'], ['é', '-']],
  ['no word character', r`^\W$`, ['é', '-', '\n'], ['a', '_']],
  ['white space, without the vertical tab', r`^\s$`, [' ', '\t', '\n', '\f', '\r'], ['\v', 'a', '\u00a0']],
  ['no white space', r`^\S$`, ['\v', 'a'], [' ', '\n']],
  ['Perl classes in a class', r`^[\d\s]$`, ['1', ' '], ['a']],
  ['negated Perl classes in a negated class', r`^[^\D]$`, ['1'], ['a']],

  ['[[:alnum:]]', '^[[:alnum:]]$', ['a', 'Z', '0'], ['_', 'é']],
  ['[[:alpha:]]', '^[[:alpha:]]$', ['a', 'Z'], ['0']],
  ['[[:ascii:]]', '^[[:ascii:]]$', ['\0', '\x7f'], ['\x80']],
  ['[[:blank:]]', '^[[:blank:]]$', [' ', '\t'], ['\n']],
  ['[[:cntrl:]]', '^[[:cntrl:]]$', ['\0', '\x1f', '\x7f'], [' ']],
  ['[[:digit:]]', '^[[:digit:]]$', ['0'], ['a']],
  ['[[:graph:]]', '^[[:graph:]]$', ['!', '~'], [' ']],
  ['[[:lower:]]', '^[[:lower:]]$', ['a'], ['A']],
  ['[[:print:]]', '^[[:print:]]$', [' ', '~'], ['\n']],
  ['[[:punct:]]', '^[[:punct:]]$', ['!', '/', ':', '@', '[', '`', '{', '~'], ['a', '0', ' ']],
  ['[[:space:]], with the vertical tab', '^[[:space:]]$', ['\v', ' ', '\r'], ['a']],
  ['[[:upper:]]', '^[[:upper:]]$', ['A'], ['a']],
  ['[[:word:]]', '^[[:word:]]$', ['_', 'a'], ['-']],
  ['[[:xdigit:]]', '^[[:xdigit:]]$', ['f', 'F', '9'], ['g']],
  ['a negated POSIX class', '^[[:^digit:]x]$', ['a', 'x'], ['1']],
  ['what only looks like a POSIX class', '^[[:a]$', ['[', ':', 'a'], ['b']],

  ['escaped punctuation', r`\.\*\+\?\(\)\[\]\{\}\|\^\$\\\/\-\_\<`, ['.*+?()[]{}|^$\\/-_<'], ['']],
  ['escaped control characters', r`^\a\t\n\v\f\r$`, ['\x07\t\n\v\f\r'], ['']],
  ['two hexadecimal digits', r`\x4a`, ['J'], ['x4a']],
  ['hexadecimal digits in braces', r`\x{4A}\x{00001F600}`, ['J😀'], ['J']],
  ['octal', r`^\0\07\101\128$`, ['\0\x07A\n8'], ['']],
  ['quoted', r`\Qa.b*\E+`, ['a.b**'], ['a.b', 'aab*']],
  ['quoted to the end', '\\Qa.b\\', ['a.b\\'], ['aab\\']],
  ['quoted nothing', r`a\Q\E+$`, ['aa'], ['']],

  ['a category of Unicode by a letter', r`^\pL$`, ['é', 'я', '字'], ['1', ' ']],
  ['a category by two letters', r`^\p{Lu}$`, ['É', 'Я'], ['é', '1']],
  ['not of a category', r`^\PL$`, ['1', ' '], ['é']],
  ['a script', r`^\p{Greek}+$`, ['αβγ'], ['abc', '']],
  ['not of a script, in three ways', r`^\P{Greek}\p{^Greek}[^\p{Greek}]$`, ['abc', '字1😀'], ['abγ', 'αbc']],
  ['twice not', r`^\P{^Greek}$`, ['α'], ['a']],
  ['any', r`^\p{Any}$`, ['\n', '😀'], ['']],
  ['properties in a class', r`^[\p{Greek}\d]+$`, ['α1'], ['a']],
  ['a property without case', r`^\p{Lu}$`, ['É', 'é', 'a'], ['1'], 'i'],
  ['not a property, without case', r`^\P{Lu}$`, ['1', '字'], ['É', 'é', 'a'], 'i'],

  ['the beginning', '^a', ['ab'], ['ba', 'b\na']],
  ['the end, and not before a last newline', 'a$', ['ba'], ['ab', 'a\n']],
  ['the beginning of lines', '^a', ['ab', 'b\na'], ['ba', 'b\ra'], 'm'],
  ['the end of lines', 'a$', ['ba', 'a\nb', 'a\n'], ['ab', 'a\rb'], 'm'],
  ['the text’s beginning, under m', r`\Aa`, ['ab'], ['b\na'], 'm'],
  ['the text’s end, under m', r`a\z`, ['ba'], ['a\nb', 'a\n'], 'm'],
  ['an empty line', '^$', ['', 'a\n\nb', '\n', 'a\n'], ['a', 'a\nb'], 'm'],
  ['an empty text', '^$', [''], ['a', '\n']],
  ['anchors amidst', 'a^b|a$b', [], ['ab', 'a\nb']],
  ['anchors amidst, of lines', 'a$\n^b', ['a\nb'], ['a\n\nb', 'ab'], 'm'],
  ['a word’s edge', r`\bcat\b`, ['cat', 'a cat!', 'é cat', 'écaté'], ['concat', 'cats', 'cat_']],
  ['no word’s edge', r`\Bcat\B`, ['concats', '_cat_'], ['cat', 'concat']],
  ['no word’s edge in an empty text', r`^\B$`, [''], ['a']],
  ['word’s edges before one another', r`a\b\bb|a\b\B`, [], ['ab', 'a', 'a ']],
  ['edges of all kinds at one place', r`(?m)^\b$|\b^a\b$`, ['a', '-\na'], ['', 'ab']],
  ['a word’s edge is ASCII’s, without case too', r`k\b`, ['\u212a-k'], ['\u212a'], 'i'],

  ['a group', '(ab)+c', ['ababc'], ['ac']],
  ['a group without capture', '(?:ab)+c', ['ababc'], ['ac']],
  ['named groups', '(?P<one>a)(?<two_2>b)', ['ab'], ['a']],
  ['an empty group', 'a()(?:)b', ['ab'], ['a']],
  ['alternatives', 'cat|dog|bird', ['a dog', 'bird'], ['do', 'ca']],
  ['an empty alternative', '^(?:a|)$', ['', 'a'], ['b']],
  ['alternatives in groups, with anchors', '^(?:a|b$)', ['ax', 'b'], ['bx', 'xa']],

  ['a part behind what has no end', '(?:a+b|x+y)cd+e', ['zaabcde', 'xycde', 'cd-abcdde'], ['cde', 'abce']],
  ['a part behind what is repeated and has no end', '(?:a+b){2}cd+e', ['aababcde'], ['abcde']],
  ['parts in the wrong order', 'one.+two.+three', ['one two three'], ['three two one', 'onetwothree']],
  ['parts that share a character', r`ab\s+ba`, ['ab  ba', 'abab ba'], ['abba', 'ab']],
  ['any number', '^ab*c$', ['ac', 'abbc'], ['abb']],
  ['one or more', '^ab+c$', ['abc', 'abbc'], ['ac']],
  ['one or none', '^ab?c$', ['ac', 'abc'], ['abbc']],
  ['so many', '^a{3}$', ['aaa'], ['aa', 'aaaa']],
  ['so many or more', '^a{2,}$', ['aa', 'aaaaa'], ['a']],
  ['from so many to so many', '^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
  ['none', '^a{0}b{0,0}$', [''], ['a', 'b']],
  ['lazily, which is the same', '^a*?b+?c??d{1}?e{1,}?f{1,2}?$', ['bdef', 'aabbcdeeff'], ['adef']],
  ['braces that are no repetition', '^a{,3}b{c{1,x}{$', ['a{,3}b{c{1,x}{'], ['aaab']],
  ['a count that begins with 0 is no repetition', '^a{01}$', ['a{01}'], ['a']],
  ['an anchor repeated', '^*a(?:$)+', ['ba'], ['ab']],
  ['what may be empty, repeated', '^(?:a?b?)*$', ['', 'abba'], ['c']],
  ['a thousand', '^(?:a{100}){10}$', ['a'.repeat(1000)], ['a'.repeat(999), 'a'.repeat(1001)]],

  ['without case', 'straße', ['STRAßE', 'STRA\u1e9eE'], ['STRASSE'], 'i'],
  ['without case, beyond ASCII', 'σ', ['Σ', 'ς', 'σ'], ['s'], 'i'],
  ['k is the Kelvin sign, s the long s', 'ks', ['KS', '\u212aſ', 'kſ'], ['k'], 'i'],
  ['and the other way round', '\u212aſ', ['ks', 'KS'], ['k'], 'i'],
  ['but with case they are not', 'ks', ['ks'], ['\u212aſ', 'KS']],
  ['the dotted and the dotless i are themselves', '^[iı]$', ['i', 'I', 'ı'], ['İ'], 'i'],
  ['a class without case', '^[a-cX]$', ['B', 'x'], ['D'], 'i'],
  ['a negated class without case', '^[^k]$', ['a', 'S'], ['k', 'K', '\u212a'], 'i'],
  ['a range beyond ASCII without case', '^[а-я]$', ['Ж', 'ж'], ['z'], 'i'],
  ['\\w without case', r`^\w$`, ['\u212a', 'ſ'], ['é'], 'i'],
  ['\\W without case', r`^\W$`, ['é'], ['\u212a', 'ſ', 'k'], 'i'],

  ['a flag from here on', 'a(?i)b', ['ab', 'aB'], ['AB']],
  ['a flag to the end of its group', '(?:a(?i)b|c)d', ['aBd', 'Cd'], ['ABd', 'aBD']],
  ['a flag for a group', 'a(?i:b)c', ['aBc'], ['aBC']],
  ['a flag taken back', '(?i)a(?-i:b)c', ['AbC'], ['ABC']],
  ['several flags', '(?is-m:a.b$)', ['A\nB'], ['A\nB\n'], 'm'],
  ['greed the other way round, which is the same', '(?U)a+b', ['aab'], ['b']],
  ['no flags', '(?)a(?:)', ['a'], ['A']],
  ['Sigma’s flags together', '^a.b$', ['x\nA\nB\ny'], ['x'], 'ims'],
];

describe('what matches', () => {
  for (const [what, pattern, matches, others, flags = ''] of ROWS) {
    test(`${what}: ${pattern}`, () => {
      const regex = createRegex(pattern, flags);
      if (!regex.ok) throw new Error(regex.problem);
      for (const text of matches) expect(regex.test(text), JSON.stringify(text)).toBe(true);
      for (const text of others) expect(regex.test(text), JSON.stringify(text)).toBe(false);
    });
  }
});

const REFUSED: readonly (readonly [pattern: string, problem: string])[] = [
  ['ab(?=c)', '`(?=` at character 3: look-ahead is not supported'],
  ['ab(?!c)', '`(?!` at character 3: look-ahead is not supported'],
  ['(?<=a)b', '`(?<=` at character 1: look-behind is not supported'],
  ['(?<!a)b', '`(?<!` at character 1: look-behind is not supported'],
  ['(?>a)', '`(?>` at character 1: an atomic group is not supported'],
  ['(?(1)a|b)', '`(?(` at character 1: a conditional is not supported'],
  ['a(?#b)', '`(?#` at character 2: a comment is not supported'],
  ['(?|a|b)', '`(?|` at character 1: a branch reset is not supported'],
  ['(?P<n>a)(?P=n)', '`(?P=` at character 9: a back-reference is not supported'],
  ['(?R)', '`(?R` at character 1: a recursion is not supported'],
  ['(?1)', '`(?1` at character 1: a recursion is not supported'],
  ['(?&n)', '`(?&` at character 1: a recursion is not supported'],
  ['(?P>n)', '`(?P>` at character 1: a recursion is not supported'],
  ['(?C1)', '`(?C` at character 1: a callout is not supported'],
  ["(?'n'a)", "`(?'` at character 1: a name like this is not supported"],
  ['(?<n-m>a)', '`(?<` at character 1: a name like this is not supported'],
  ['(?P<n>a)(?<n>b)', '`(?<n>` at character 9: another group has this name'],
  ['(*ACCEPT)', '`(*` at character 1: a verb is not supported'],
  ['(?x) a', '`(?x)` at character 1: not a group; flags are i, m, s and U'],
  ['(?i-)a', '`(?i-` at character 1: not a group; flags are i, m, s and U'],
  [r`(a)\1`, r`${'`'}\1${'`'} at character 4: a back-reference is not supported`],
  [r`\8`, r`${'`'}\8${'`'} at character 1: a back-reference is not supported`],
  [r`(?<n>a)\k<n>`, r`${'`'}\k${'`'} at character 8: a back-reference is not supported`],
  [r`\g{1}`, r`${'`'}\g${'`'} at character 1: a back-reference is not supported`],
  ['a++', '`++` at character 2: a possessive repetition is not supported'],
  ['a{2}+', '`{2}+` at character 2: a possessive repetition is not supported'],
  ['a**', '`**` at character 2: a repeated repetition is not supported'],
  ['a{2}{3}', '`{2}{3}` at character 2: a repeated repetition is not supported'],
  [r`a\Z`, r`${'`'}\Z${'`'} at character 2: not supported: write \z, or \n?\z`],
  [r`\h`, r`${'`'}\h${'`'} at character 1: not supported: write [ \t]`],
  [r`\u0041`, r`${'`'}\u${'`'} at character 1: not supported: write \x{…}`],
  ...[...'GKXcoLlUEHNReC'].map((letter) => [`\\${letter}`, `\`\\${letter}\` at character 1: not supported`] as const),
  [r`\é`, r`${'`'}\é${'`'} at character 1: not supported`],
  [r`[\b]`, r`${'`'}\b${'`'} at character 2: cannot stand here in a class`],
  [r`[a-\d]`, r`${'`'}\d${'`'} at character 4: cannot stand here in a class`],
  [r`[\Qa\E]`, r`${'`'}\Q${'`'} at character 2: cannot stand here in a class`],
  [r`\x4`, r`${'`'}\x${'`'} at character 1: not a character: write \x41 or \x{41}`],
  [r`\x{110000}`, r`${'`'}\x{110000}${'`'} at character 1: not a character: write \x41 or \x{41}`],
  ['ab\\', '`\\` at character 3: a backslash at the end'],
  [r`\p{Klingon}`, r`${'`'}\p{Klingon}${'`'} at character 1: no property of Unicode has this name`],
  [r`\pX`, r`${'`'}\pX${'`'} at character 1: no property of Unicode has this name`],
  [r`\p{`, r`${'`'}\p${'`'} at character 1: no property of Unicode has this name`],
  ['[[:foo:]]', '`[:foo:]` at character 2: no class has this name'],
  ['[[:toString:]]', '`[:toString:]` at character 2: no class has this name'],
  ['[z-a]', '`z-a` at character 2: the range is in the wrong order'],
  ['a[bc', '`[bc` at character 2: the class is not closed'],
  ['a(bc', '`(bc` at character 2: the group is not closed'],
  ['a)b', '`)` at character 2: no group is open'],
  ['*a', '`*` at character 1: nothing to repeat'],
  ['a|+', '`+` at character 3: nothing to repeat'],
  ['({2})', '`{2}` at character 2: nothing to repeat'],
  ['a{2,1}', '`{2,1}` at character 2: the counts are in the wrong order'],
  ['a{1001}', '`{1001}` at character 2: more than 1000 repetitions'],
  ['a{1,1001}', '`{1,1001}` at character 2: more than 1000 repetitions'],
  ['(a{1000}){1000}', '`{1000}` at character 10: more than 1000 repetitions'],
  ['(?:(?:a{10}){10,}){11}', '`{11}` at character 19: more than 1000 repetitions'],
  ['(?:abcdefghijk){1000}', 'repeats too much'],
  [`${'('.repeat(251)}${')'.repeat(251)}`, '`(` at character 251: more than 250 groups in each other'],
  ['a'.repeat(4097), 'longer than 4096 characters'],
];

describe('what is refused', () => {
  test.each(REFUSED)('%s: %s', (pattern, problem) => {
    const regex = createRegex(pattern, '');
    expect(regex.ok).toBe(false);
    if (!regex.ok) expect(regex.problem.slice(0, problem.length)).toBe(problem);
  });
});

test('an expression known to be good is read when it is first used, and one that is not throws then', () => {
  expect(createRegexTest('^b+$', 'm')('a\nbb')).toBe(true);
  const test = createRegexTest('(?=a)', '');
  expect(() => test('a')).toThrow('regular expression: `(?=` at character 1: look-ahead is not supported');
});
