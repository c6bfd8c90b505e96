/**
 * What is shown instead of a page: to somebody who was not let in, where there is nothing, where something broke. All of
 * them say the same of what exists and what does not.
 *
 * Each returns a whole document; headers.ts has the headers it is sent with.
 */

import type { Child } from 'hono/jsx';
import type { Caller, Refused } from '../context.ts';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

/** Where the sign-in form goes, as POST with `token` and `next`. */
export const SESSION_PATH = '/session';

/** For somebody who was not let in: the way in, or that the link is too old. `next`: the path they asked for. */
export function refusedPage(refused: Refused, next = '/'): string {
  return refused.kind === 'expired link' ? expiredPage() : signInPage(next);
}

/** The form for a viewer's token. `wrong`: one was sent and does not open anything. */
export function signInPage(next: string, wrong = false): string {
  return page({
    title: 'Sign in',
    caller: null,
    children: (
      <State title="Sign in">
        <p>Tocsin watches an audit log. To see what it has seen, paste a viewer’s token.</p>
        {wrong && (
          <p class="note bad" id="wrong" role="alert">
            This token opens nothing: it is mistyped, or was revoked.
          </p>
        )}
        <form method="post" action={SESSION_PATH} class="signin">
          <input type="hidden" name="next" value={ownPath(next)} />
          <label for="token">Viewer’s token</label>
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="current-password"
            autocapitalize="off"
            spellcheck={false}
            required
            aria-describedby={wrong ? 'wrong' : undefined}
          />
          <button type="submit">Sign in</button>
        </form>
        <p class="quiet">
          Whoever operates Tocsin makes a token with <code>npm run tocsin -- viewers add NAME</code>. A link in a
          message needs none.
        </p>
      </State>
    ),
  });
}

function expiredPage(): string {
  return page({
    title: 'This link has expired',
    caller: null,
    children: (
      <State title="This link has expired">
        <p>Links in messages are good for a week. What they led to is still there, for those who may look.</p>
        <p>
          <a class="button" href="/sign-in">
            Sign in with a viewer’s token
          </a>
        </p>
        <p class="quiet">Or ask somebody who is signed in for what the alert says now.</p>
      </State>
    ),
  });
}

/** Nothing is here, or nothing that this caller may see. */
export function missingPage(caller: Caller | null = null): string {
  return page({
    title: 'Nothing here',
    caller,
    children: (
      <State title="Nothing here">
        <p>There is nothing at this address, or nothing that you may see.</p>
        {caller?.kind === 'link' ? (
          <p>Your link shows one alert and its entries. Go back to the message, or sign in to see more.</p>
        ) : (
          <p>Entries are kept for as long as the setting RETENTION says. An id is copied whole, or it leads nowhere.</p>
        )}
        {caller !== null && caller.kind !== 'link' && (
          <p>
            <a class="button" href="/">
              To the front page
            </a>
          </p>
        )}
      </State>
    ),
  });
}

/** A bug, or something below that failed: the log says what, the page does not. */
export function errorPage(caller: Caller | null = null): string {
  return page({
    title: 'Something went wrong',
    caller,
    children: (
      <State title="Something went wrong">
        <p>This page could not be made. The watch goes on without it: it does not depend on any page.</p>
        <p>
          Try again in a moment. If it stays so, <code>npx wrangler tail</code> shows what happened, and{' '}
          <code>npm run tocsin -- status</code> how things stand.
        </p>
      </State>
    ),
  });
}

/** No Durable Object is bound: there is nothing to ask. */
export function unboundPage(caller: Caller): string {
  return page({
    title: 'No ledger',
    caller,
    children: (
      <State title="There is no ledger">
        <p>
          Nothing is recorded, since no Durable Object is bound as <code>LEDGER</code>. The front page says how to mend
          it.
        </p>
      </State>
    ),
  });
}

/** The ledger lacks an entry, and the upstream could not be asked for it. `reason` holds no secret. */
export function upstreamPage(caller: Caller, reason: string): string {
  return page({
    title: 'The upstream did not answer',
    caller,
    children: (
      <State title="The upstream did not answer">
        <p>The ledger does not have this entry, and the audit log itself could not be asked for it now.</p>
        <p class="note">
          <UntrustedText text={reason} max={400} />
        </p>
        <p>Try again in a moment.</p>
      </State>
    ),
  });
}

function State({ title, children }: { title: string; children?: Child }) {
  return (
    <section class="state">
      <h1>{title}</h1>
      {children}
    </section>
  );
}

/** A path of ours, or the front page: never an address of somebody else's. */
export function ownPath(path: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes('\\') ? path : '/';
}
