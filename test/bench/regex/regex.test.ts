import { expect, test } from 'vitest';
import { REGEX_CASES } from './cases.ts';
import { native, tocsin } from './tasks.ts';

test.each(REGEX_CASES.filter(({ hostile }) => !hostile))(
  '$name: what is measured agrees with the runtime’s own',
  (one) => {
    const [mine, its] = [tocsin(one.source, one.flags), native(one.source, one.flags)];
    for (const text of one.texts.filter(({ length }) => length < 200)) expect(mine(text), text).toBe(its(text));
  },
);

test('each good pattern matches some of its texts, so that both answers are measured', () => {
  for (const { name, source, flags, texts } of REGEX_CASES.filter(({ texts }) => texts.length > 1)) {
    expect(texts.some(tocsin(source, flags)), name).toBe(true);
  }
});
