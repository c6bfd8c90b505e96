/** Passes, sessions, tokens and cookies that nobody signed: none is valid, and none makes a reader throw. */
import { readPass, signPass } from '../../../src/access/link.ts';
import { isOperator, operatorToken } from '../../../src/access/operator.ts';
import { readSession, signSession } from '../../../src/access/session.ts';
import { firstOf } from '../found.ts';
import type { FuzzKind } from '../kind.ts';
import { hostileText, mutated, SECRETS } from '../texts.ts';

const NOW = Date.UTC(2026, 10, 21);
const SECRET = SECRETS.linkSecret;
const LATER = NOW + 3_600_000;

/** The signed texts that inputs are mutations of. */
const SIGNED = await Promise.all([
  signPass(SECRET, { alert: 42, expires: LATER }),
  signPass(SECRET, { alert: 42, expires: NOW - 1_000 }),
  signSession(SECRET, '0123456789abcdef', LATER),
  operatorToken(SECRET, 'GET', '/operator/status', NOW),
]);

export interface LinkSubject {
  readonly readPass: typeof readPass;
}

/** The kind; `subject`: what is tested, in place of the real readers. */
export function linkKind(subject: Partial<LinkSubject> = {}): FuzzKind<{ text: string }> {
  const tested: LinkSubject = { readPass, ...subject };
  return {
    name: 'link',
    about: 'passes, sessions, operator tokens',
    share: 190_000,
    generate: (dice) => ({
      text: dice.chance(0.8) ? mutated(dice, dice.pick(SIGNED), dice.between(1, 2)) : hostileText(dice, 500),
    }),
    async check({ text }) {
      if (SIGNED.includes(text)) return null;
      const pass = await tested.readPass(SECRET, text, NOW);
      const session = await readSession(SECRET, text, NOW);
      const operator = await isOperator(SECRET, `Bearer ${text}`, 'GET', '/operator/status', NOW);
      return firstOf(
        pass.kind === 'none' ? null : `the pass ${text} is ${pass.kind}`,
        session === null ? null : `the session ${text} is valid`,
        operator ? `the operator token ${text} is valid` : null,
      );
    },
  };
}
