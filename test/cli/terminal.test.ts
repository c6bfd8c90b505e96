import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { err, out, progress } from '../../src/cli/terminal.ts';
import { ROOT } from '../../src/cli/wrangler.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** What a call writes to the terminal. */
function written(call: () => void): string {
  let text = '';
  const write = (chunk: unknown): boolean => {
    text += chunk;
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(write);
  vi.spyOn(process.stderr, 'write').mockImplementation(write);
  call();
  return text;
}

const HOSTILE = 'a\u001b]0;x\u0007\rb\u009b2J\u202ec\n';
const HARMLESS = 'a\\u001b]0;x\\u0007\\u000db\\u009b2J\\u202ec\n';

test.each([
  ['results', out],
  ['problems', err],
])('%s command nothing', (_, print) => {
  expect(written(() => print(HOSTILE))).toBe(HARMLESS);
});

test('nor does progress, which replaces its line', () => {
  const { isTTY } = process.stderr;
  try {
    process.stderr.isTTY = true;
    expect(written(() => progress(HOSTILE))).toBe(`\r\u001b[K${HARMLESS}`);
    process.stderr.isTTY = false;
    expect(written(() => progress(HOSTILE))).toBe('');
  } finally {
    process.stderr.isTTY = isTTY;
  }
});

/** What may print in another way. */
const EXCEPT = [
  'src/cli/terminal.ts',
  // It colours its own words; what others wrote is in one line each, by then.
  'test/demo/main.ts',
  // The log of an app under test.
  'test/web/app.ts',
];

test('every command and tool prints by these', () => {
  const sources = ['src/cli', 'test', '.github'].flatMap((folder) =>
    readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .filter((path) => /(?<!\.test)\.tsx?$/.test(path) && !path.includes('node_modules/')),
  );
  const raw = sources.filter((path) =>
    /^(?! *\*).*(console\.(log|info|warn|error|debug)\(|process\.std(out|err)\.write\()/m.test(
      readFileSync(ROOT + path, 'utf8'),
    ),
  );
  expect(sources).toContain('test/lock.ts');
  expect(raw.sort()).toEqual(EXCEPT);
});
