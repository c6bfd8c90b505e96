import { expect, test } from 'vitest';
import { Failure } from '../../src/cli/failure.ts';
import { readTarget, type Target, type TargetSources } from '../../src/cli/target.ts';

const A = '0123456789abcdef0123456789abcdef';
const B = 'fedcba9876543210fedcba9876543210';
const LOCAL = 'http://127.0.0.1:8787';

const RIGHT: readonly (readonly [what: string, given: Partial<TargetSources>, target: Target])[] = [
  ['the local one, by .dev.vars', { devVars: `LINK_SECRET=${A}\n` }, { origin: LOCAL, proof: { linkSecret: A } }],
  [
    'quotes and comments as wrangler reads them',
    { devVars: `# x\nLINK_SECRET="${A}" # y` },
    { origin: LOCAL, proof: { linkSecret: A } },
  ],
  ['the last of two', { devVars: `LINK_SECRET=\n\nLINK_SECRET=${A}` }, { origin: LOCAL, proof: { linkSecret: A } }],
  [
    'the environment before .dev.vars',
    { env: { LINK_SECRET: B }, devVars: `LINK_SECRET=${A}` },
    { origin: LOCAL, proof: { linkSecret: B } },
  ],
  [
    'an empty environment as none',
    { env: { LINK_SECRET: '', TOCSIN_URL: '' }, devVars: `LINK_SECRET=${A}` },
    { origin: LOCAL, proof: { linkSecret: A } },
  ],
  [
    'TOCSIN_URL',
    { env: { LINK_SECRET: A, TOCSIN_URL: 'https://t.example' } },
    { origin: 'https://t.example', proof: { linkSecret: A } },
  ],
  [
    '--url before TOCSIN_URL',
    { url: 'http://localhost:1/', env: { LINK_SECRET: A, TOCSIN_URL: 'x' } },
    { origin: 'http://localhost:1', proof: { linkSecret: A } },
  ],
];

const TOKEN = `tocsin_${'0'.repeat(16)}_${'A'.repeat(43)}`;
test.each([{ LINK_SECRET: A }, {}])('takes an operator’s token before LINK_SECRET', (env) => {
  const { proof } = readTarget({ url: undefined, env: { ...env, TOCSIN_TOKEN: TOKEN }, devVars: null });
  expect(proof).toEqual({ token: TOKEN });
});

test.each(RIGHT)('takes %s', (_, given, target) => {
  expect(readTarget({ url: undefined, env: {}, devVars: null, ...given })).toEqual(target);
});

const WRONG: readonly (readonly [what: string, given: Partial<TargetSources>, problem: string])[] = [
  ['no secret at all', {}, 'LINK_SECRET is not set here'],
  ['the example copied as it is', { devVars: 'LINK_SECRET=\n' }, 'LINK_SECRET is not set here'],
  ['a short one in .dev.vars', { devVars: 'LINK_SECRET=abc' }, 'LINK_SECRET in .dev.vars has 3 characters'],
  [
    'one that is not random',
    { env: { LINK_SECRET: 'a'.repeat(40) } },
    'LINK_SECRET in the environment has too few different characters',
  ],
  [
    'something that is not a token, rather than use another proof',
    { env: { LINK_SECRET: A, TOCSIN_TOKEN: A } },
    'TOCSIN_TOKEN is not',
  ],
  ['ftp', { env: { LINK_SECRET: A, TOCSIN_URL: 'ftp://t.example' } }, 'TOCSIN_URL is not an http or https address'],
  [
    'a password in the address',
    { url: 'https://a:b@t.example', env: { LINK_SECRET: A } },
    '--url contains a user name or password',
  ],
];

test.each(WRONG)('refuses %s', (_, given, problem) => {
  const read = () => readTarget({ url: undefined, env: {}, devVars: null, ...given });
  expect(read).toThrow(Failure);
  expect(read).toThrow(problem);
});
