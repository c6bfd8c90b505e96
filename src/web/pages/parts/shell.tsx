/**
 * The frame around every page: the head, the bell, the ways to go, and what is said at the bottom. Whoever came by a
 * link is shown no way but those their link is for.
 */

import type { Child } from 'hono/jsx';
import type { Caller } from '../../context.ts';
import { ASSETS, BELL } from './assets.ts';
import { When } from './elements.tsx';
import { plainText, UntrustedText } from './untrusted-text.tsx';

export interface PageOptions {
  /** Of the window; may hold what others wrote. */
  readonly title: string;
  /** Null: nobody was let in. */
  readonly caller: Caller | null;
  /** Where in the navigation it stands. */
  readonly at?: 'front' | 'alerts' | 'rules';
  readonly children?: Child;
}

const AUTH_METHODS = [
  { at: 'front', path: '/', name: 'Watch' },
  { at: 'alerts', path: '/alerts', name: 'Alerts' },
  { at: 'rules', path: '/rules', name: 'Rules' },
] as const;

const TITLE = 120;
const NAME = 40;
/** POST: ends the session. */
export const SIGN_OUT_PATH = '/sign-out';

/** A whole document. Every page of ours is made of parts that render at once, without waiting. */
export function page(options: PageOptions): string {
  return `<!doctype html>${(<Shell {...options} />).toString()}`;
}

function Shell({ title, caller, at, children }: PageOptions) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{`${plainText(title, TITLE)} · Tocsin`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" type="image/svg+xml" href={ASSETS.icon.path} />
        <link rel="stylesheet" href={ASSETS.style.path} />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="top">
          <Brand linked={caller !== null && caller.kind !== 'link'} />
          {caller !== null && caller.kind !== 'link' && (
            <nav aria-label="Tocsin">
              {AUTH_METHODS.map((way) => (
                <a href={way.path} aria-current={way.at === at ? 'page' : undefined}>
                  {way.name}
                </a>
              ))}
            </nav>
          )}
          {caller !== null && <Who caller={caller} />}
        </header>
        <main id="main" tabindex={-1}>
          {children}
        </main>
        <footer class="foot">
          <p>
            Times are UTC<span class="with-script"> and your own</span>. Tocsin reads the audit log and changes nothing
            in it.
          </p>
        </footer>
        <script src={ASSETS.script.path} />
      </body>
    </html>
  );
}

function Brand({ linked }: { linked: boolean }) {
  const bell = (
    <svg class="bell" viewBox="0 0 32 32" aria-hidden="true">
      <path d={BELL} />
    </svg>
  );
  if (!linked) {
    return (
      <span class="brand">
        {bell}
        Tocsin
      </span>
    );
  }
  return (
    <a class="brand" href="/">
      {bell}
      Tocsin
    </a>
  );
}

/** Who is looking, and the way out where there is one. */
function Who({ caller }: { caller: Caller }) {
  switch (caller.kind) {
    case 'viewer':
      return (
        <form class="who" method="post" action={SIGN_OUT_PATH}>
          <span>
            <UntrustedText text={caller.name} max={NAME} />
          </span>
          <button type="submit" class="plain">
            Sign out
          </button>
        </form>
      );
    case 'access':
      return (
        <p class="who">
          <UntrustedText text={caller.email} max={NAME} />
        </p>
      );
    case 'link':
      return (
        <p class="who">
          By a link, until <When at={caller.expires} />
        </p>
      );
  }
}
