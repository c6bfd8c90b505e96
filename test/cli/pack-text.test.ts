/** docs/pack.md: it is made from the rules. `--update` renews it. */
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { packMarkdown } from '../../src/cli/pack-text.ts';
import { parseFolder } from '../../src/cli/rule-files.ts';

const { shipped } = parseFolder(resolve(import.meta.dirname, '../../rules'));

test('docs/pack.md is that of the rules', async () => {
  await expect(packMarkdown(shipped)).toMatchFileSnapshot('../../docs/pack.md');
});

test('has every rule that alerts, by topic, and no other', () => {
  const titles = [...packMarkdown(shipped).matchAll(/^### (.*)$/gm)].map(([, title]) => title);
  const alerting = shipped.rules.filter(({ alerts, partOf }) => alerts && partOf === undefined);
  expect(titles.toSorted()).toEqual(alerting.map(({ title }) => title).sort());
  expect(alerting.length).toBeGreaterThan(60);
});
