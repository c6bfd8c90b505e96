/**
 * Where the buttons of a message lead: the alert's page and the entry's, each with a pass that lets whoever has the
 * message see that alert and its entries for a week, and nothing else.
 *
 * Contract: pure but for Web Crypto; `now` is a parameter. Without a public address there are no links; without
 * LINK_SECRET they are plain, and lead those who may look anyway.
 */
import { alertPath, entryPath, LINK_MS, signPass } from './link.ts';

export interface LinkSettings {
  /** The Worker's own address, without a slash at its end; null: not known. */
  readonly publicUrl: string | null;
  readonly linkSecret: string | null;
}

/** What a message is about: an alert and the entry it shows. */
export interface Shown {
  readonly alert: number;
  /** "": it is no more, and has no page. */
  readonly entry: string;
}

/** The links of a message that is sent at `now` (ms); `shown` null: it is about no alert, and leads to the front page. */
export async function linksTo(
  { publicUrl, linkSecret }: LinkSettings,
  shown: Shown | null,
  now: number,
): Promise<{ readonly alert: string | null; readonly entry: string | null }> {
  if (publicUrl === null) return { alert: null, entry: null };
  if (shown === null) return { alert: `${publicUrl}/`, entry: null };
  const pass = linkSecret === null ? null : await signPass(linkSecret, { alert: shown.alert, expires: now + LINK_MS });
  return {
    alert: `${publicUrl}${alertPath(shown.alert, pass)}`,
    entry: shown.entry === '' ? null : `${publicUrl}${entryPath(shown.entry, pass)}`,
  };
}
