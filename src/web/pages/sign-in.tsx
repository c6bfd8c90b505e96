/**
 * The pages for callers who are not signed in: the form for a viewer token, and the page of an expired link. Neither
 * depends on whether what was requested exists.
 *
 * Each function returns a whole document.
 */
import { LINK_MS } from '../../access/link.ts';
import { SESSION_PATH, SIGN_IN_PATH } from '../../access/session.ts';
import type { Refused } from '../context.ts';
import { lengthInWords, Message } from './parts/elements.tsx';
import { page } from './parts/shell.tsx';

/** The form, or the page of an expired link. `next`: the path to go to after signing in, by `safeRedirect`. */
export function refusedPage(refused: Refused, next: string): string {
  return refused.kind === 'expired link' ? expiredPage() : signInPage(next);
}

/** The form. `problem`: with what was sent before. `next`: as for `refusedPage`. */
export function signInPage(next: string, problem: string | null = null): string {
  return page({
    title: 'Sign in',
    caller: null,
    children: (
      <Message title="Sign in">
        <p>Tocsin watches an audit log. Sign in with a viewer token to see its alerts and entries.</p>
        {problem !== null && (
          <p class="note bad" id="wrong" role="alert">
            {problem}
          </p>
        )}
        <form method="post" action={SESSION_PATH} class="signin">
          <input type="hidden" name="next" value={next} />
          <label for="token">Viewer token</label>
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="current-password"
            autocapitalize="off"
            spellcheck={false}
            required
            aria-describedby={problem !== null ? 'wrong' : undefined}
          />
          <button type="submit">Sign in</button>
        </form>
        <p class="quiet">
          The operator creates tokens with <code>npm run tocsin -- viewers add NAME</code>. Links in messages work
          without a token, and need cookies.
        </p>
      </Message>
    ),
  });
}

function expiredPage(): string {
  return page({
    title: 'This link has expired',
    caller: null,
    children: (
      <Message title="This link has expired">
        <p>Links in messages are valid for {lengthInWords(LINK_MS)}. Sign in to see the alert.</p>
        <p>
          <a class="button" href={SIGN_IN_PATH}>
            Sign in with a viewer token
          </a>
        </p>
        <p class="quiet">Or ask someone who has access.</p>
      </Message>
    ),
  });
}
