/** Passes, sessions, tokens and cookies that nobody signed: none is valid, and none makes a reader throw. */

import { keyIdOf } from '../../../src/access/jwt.ts';
import { readPass, readPasses, signPass } from '../../../src/access/link.ts';
import { operatorToken, readOperator } from '../../../src/access/operator.ts';
import { readSession, signSession } from '../../../src/access/session.ts';
import { readSegment, toSegment } from '../../../src/http/segment.ts';
import { safeRedirect } from '../../../src/web/safe-redirect.ts';
import { firstOf } from '../found.ts';
import type { FuzzKind } from '../kind.ts';
import { hostileText, mutated, SECRETS } from '../texts.ts';

const NOW = Date.UTC(2026, 10, 21);
const SECRET = SECRETS.linkSecret;
const ORIGIN = 'https://tocsin.example';
const LATER = NOW + 3_600_000;

const BOTH = { linkSecret: SECRET, linkSecretPrevious: `${SECRET} of before` };
const ID = '0123456789abcdef';
const PASS = { alert: 42, ledger: ID, expires: LATER };

/** The signed texts that inputs are mutations of. */
const SIGNED = [
  signPass(SECRET, PASS),
  signPass(SECRET, { ...PASS, expires: NOW - 1_000 }),
  signPass(BOTH.linkSecretPrevious, PASS),
  signSession(SECRET, { viewer: ID, ledger: ID, expires: LATER, id: ID }),
  await operatorToken(SECRET, 'GET', '/operator/status', '', NOW),
];

export interface LinkSubject {
  readonly readPass: typeof readPass;
}

/** The kind; `subject`: what is tested, in place of the real readers. */
export function linkKind(subject: Partial<LinkSubject> = {}): FuzzKind<{ text: string }> {
  const tested: LinkSubject = { readPass, ...subject };
  return {
    name: 'link',
    about: 'passes, sessions, tokens, redirects, paths',
    share: 250_000,
    generate: (dice) => ({
      text: dice.chance(0.7)
        ? mutated(dice, dice.pick(SIGNED), dice.between(1, 2))
        : `${dice.chance(0.5) ? dice.pick(['/', '//', '/\\', '..', '~', '/alerts/']) : ''}${hostileText(dice, 500)}`,
    }),
    async check({ text }) {
      if (SIGNED.includes(text)) return null;
      const pass = tested.readPass(BOTH, text, NOW);
      const session = readSession(BOTH, text, NOW);
      const operator = readOperator(SECRET, `Bearer ${text}`, 'GET', '/operator/status', NOW);
      const held = readPasses(BOTH, text, NOW).filter(
        ({ text: each, read }) => read.kind !== 'none' && !SIGNED.includes(each),
      );
      const back = safeRedirect(text, `${ORIGIN}/session`);
      const segment = toSegment(text);
      const page = new URL(`/entries/${segment}`, ORIGIN);
      const kid = keyIdOf(text);
      return firstOf(
        pass.kind === 'none' ? null : `the pass ${text} is ${pass.kind}`,
        session === null ? null : `the session ${text} is valid`,
        operator === null ? null : `the operator token ${text} is valid`,
        held.length === 0 ? null : `a pass of the cookie ${text} is valid`,
        new URL(back, ORIGIN).origin === ORIGIN && !back.startsWith('//') ? null : `a redirect to ${back}`,
        page.pathname.startsWith('/entries/') && page.pathname.split('/').length === 3
          ? null
          : `a path ${page.pathname}`,
        readSegment(decodeURIComponent(segment)) === text.toWellFormed() ? null : `another text from ${segment}`,
        kid === null || typeof kid === 'string' ? null : 'a key id that is not a text',
      );
    },
  };
}
