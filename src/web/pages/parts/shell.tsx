/**
 * The frame around every page: the head, the navigation, the caller's name and the footer. Pure.
 *
 * Contract: callers with a link see no navigation, since their link opens none of those pages.
 */
import type { Child } from 'hono/jsx';
import { SIGN_OUT_PATH } from '../../../access/session.ts';
import { ASSETS } from '../../../assets.gen.ts';
import { SILENCES_PAGE } from '../../act-paths.ts';
import type { Caller } from '../../context.ts';
import { hasAccess } from '../../policy.ts';
import { SECURITY_PAGE } from '../../security-path.ts';
import { BELL } from './bell.ts';
import { When } from './elements.tsx';
import { plainText, UntrustedText } from './untrusted-text.tsx';

/** The navigation: what the caller has access to. */
const SECTIONS = [
  { section: 'overview', path: '/', name: 'Overview', access: 'viewer' },
  { section: 'alerts', path: '/alerts', name: 'Alerts', access: 'viewer' },
  { section: 'silences', path: SILENCES_PAGE, name: 'Silences', access: 'viewer' },
  { section: 'rules', path: '/rules', name: 'Rules', access: 'viewer' },
  { section: 'security', path: SECURITY_PAGE, name: 'Security', access: 'operator page' },
] as const;

export interface PageOptions {
  /** The title of the window; may hold untrusted text. */
  readonly title: string;
  /** Null: not signed in. */
  readonly caller: Caller | null;
  /** The entry of the navigation that the page belongs to. */
  readonly section?: (typeof SECTIONS)[number]['section'];
  readonly children?: Child;
}

const TITLE_CHARS = 120;
const NAME_CHARS = 40;

/** A whole document. All parts of a page render synchronously. */
export function page(options: PageOptions): string {
  return `<!doctype html>${(<Shell {...options} />).toString()}`;
}

function Shell({ title, caller, section, children }: PageOptions) {
  const hasNavigation = caller !== null && caller.kind !== 'link';
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{`${plainText(title, TITLE_CHARS)} · Tocsin`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <meta name="format-detection" content="telephone=no,date=no,address=no,email=no" />
        <link rel="icon" type="image/svg+xml" href={ASSETS.icon} />
        <link rel="stylesheet" href={ASSETS.style} />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header class="top">
          <Brand isLink={hasNavigation} />
          {hasNavigation && (
            <nav aria-label="Main">
              {SECTIONS.filter(({ access }) => hasAccess(access, caller)).map((of) => (
                <a href={of.path} aria-current={of.section === section ? 'page' : undefined}>
                  {of.name}
                </a>
              ))}
            </nav>
          )}
          {caller !== null && <CallerName caller={caller} />}
        </header>
        <main id="main" tabindex={-1}>
          {children}
        </main>
        <footer class="foot">
          <p>
            Times are shown in <span class="with-script">your time zone and in </span>UTC. Tocsin only reads the audit
            log and never changes it.
          </p>
        </footer>
        <script src={ASSETS.script} />
      </body>
    </html>
  );
}

function Brand({ isLink }: { isLink: boolean }) {
  const bell = (
    <svg class="bell" viewBox="0 0 32 32" aria-hidden="true">
      <path d={BELL} />
    </svg>
  );
  if (!isLink) {
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

/** The caller's name, and the button to sign out if there is a session to end. */
function CallerName({ caller }: { caller: Caller }) {
  switch (caller.kind) {
    case 'viewer':
      return (
        <form class="who" method="post" action={SIGN_OUT_PATH}>
          <span>
            <UntrustedText text={caller.name} max={NAME_CHARS} />
          </span>
          <button type="submit" class="plain">
            Sign out
          </button>
        </form>
      );
    case 'access':
      return (
        <p class="who">
          <UntrustedText text={caller.email} max={NAME_CHARS} />
        </p>
      );
    case 'link':
      return (
        <p class="who">
          Access by link until <When at={Math.max(...caller.passes.map(({ expires }) => expires))} />
        </p>
      );
    case 'secret':
      return null;
  }
}
