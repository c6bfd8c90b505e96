/**
 * The pages shown when there is nothing to show: not found, an error, no ledger, no response from the upstream. The page
 * for something that does not exist and for something outside of the caller's access is the same.
 *
 * Each function returns a whole document.
 */
import type { Caller } from '../context.ts';
import { Message } from './parts/elements.tsx';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

/** The requested page does not exist, or the caller has no access to it. `isEntry`: it would be an entry's, by its path. */
export function missingPage(caller: Caller | null, isEntry = false): string {
  return page({
    title: 'Not found',
    caller,
    children: (
      <Message title="Not found">
        <p>This page does not exist, or you don’t have access to it.</p>
        {caller?.kind === 'link' ? (
          <p>Your link gives access to one alert and its entries. Go back to the message, or sign in to see more.</p>
        ) : (
          isEntry && (
            <p>Entries are deleted after the time set by RETENTION. If you copied an ID, check that it is complete.</p>
          )
        )}
        {caller !== null && caller.kind !== 'link' && (
          <p>
            <a class="button" href="/">
              Go to the overview
            </a>
          </p>
        )}
      </Message>
    ),
  });
}

interface RefusedForm {
  /** A sentence of ours. */
  readonly problem: string;
  /** The path of the page with the form, by `safeRedirect`. */
  readonly back: string;
  /** It may be from before they signed in or out. */
  readonly isOld?: boolean;
}

/** A form that nothing was done for. */
export function refusedFormPage(caller: Caller, { problem, back, isOld = false }: RefusedForm): string {
  return page({
    title: 'Nothing was done',
    caller,
    children: (
      <Message title="Nothing was done">
        <p class="note bad" role="alert">
          {problem}
        </p>
        <p>
          {isOld
            ? 'If you signed in or out meanwhile, the page is from before that. Load it again, and try again.'
            : 'Your browser’s Back button keeps what you have typed.'}
        </p>
        <p>
          <a class="button" href={back}>
            {isOld ? 'Load the page again' : 'Back to the page'}
          </a>
        </p>
      </Message>
    ),
  });
}

/** A bug, or a failure below; the log has the reason, the page does not. */
export function errorPage(caller: Caller | null): string {
  return page({
    title: 'Something went wrong',
    caller,
    children: (
      <Message title="Something went wrong">
        <p>This page could not be shown. Tocsin keeps watching: that does not depend on any page.</p>
        <p>
          Try again in a moment. If the problem persists, <code>npx wrangler tail</code> shows the error, and{' '}
          <code>npm run tocsin -- status</code> whether Tocsin is watching.
        </p>
      </Message>
    ),
  });
}

/** Visitors have used what of the day's reads is for them. */
export function spentPage(caller: Caller | null): string {
  return page({
    title: 'Closed until 00:00 UTC',
    caller,
    children: (
      <Message title="Closed until 00:00 UTC">
        <p>
          Pages have used the part of the day’s database reads that is for them. Tocsin keeps watching and notifying:
          the rest is for that.
        </p>
        <p>
          Until then, an operator’s commands still work: <code>npm run tocsin -- status</code>. It also shows what was
          used.
        </p>
      </Message>
    ),
  });
}

/** No Durable Object is bound, so there is nothing to show. */
export function unboundPage(caller: Caller): string {
  return page({
    title: 'No ledger',
    caller,
    children: (
      <Message title="No ledger">
        <p>
          Nothing is recorded because no Durable Object is bound as <code>LEDGER</code>. The overview says how to fix
          it.
        </p>
      </Message>
    ),
  });
}

/** The ledger does not have an entry, and the upstream can't be asked for it. `reason` holds no secret. */
export function upstreamPage(caller: Caller, reason: string): string {
  return page({
    title: 'No response from the upstream',
    caller,
    children: (
      <Message title="No response from the upstream">
        <p>The ledger does not have this entry, and the audit log could not be asked for it.</p>
        <p class="note">
          <UntrustedText text={reason} max={400} />
        </p>
        <p>Try again in a moment.</p>
      </Message>
    ),
  });
}
