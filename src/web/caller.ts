/**
 * Who is asking, and what they may see. Closed unless set: without a caller, every route but the open ones answers as if
 * it did not exist.
 *
 * Contract: plain data and pure decisions; `access.ts` finds out who it is.
 */

/** Somebody who was let in. */
export type Caller =
  /** Holds a viewer token, sent as `Authorization: Bearer` or kept in a session's cookie. */
  | { readonly kind: 'viewer'; readonly id: string; readonly name: string }
  /** Came through Cloudflare Access. */
  | { readonly kind: 'access'; readonly email: string }
  /** Followed a link from a message: one alert and its entries. */
  | { readonly kind: 'link'; readonly alert: number; readonly pass: string; readonly expires: number };

/** Why somebody was not let in, as far as they may know it. */
export type Refused =
  | { readonly kind: 'nobody' }
  /** A link of ours, too old: said, for its holder once was let in. */
  | { readonly kind: 'expired link' };

/** The alert a caller is bound to; null: all of them. */
export function scopeOf(caller: Caller): number | null {
  return caller.kind === 'link' ? caller.alert : null;
}
