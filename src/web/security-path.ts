/** Addresses of the security log: its page, and the operator's route. Pure. */

export const SECURITY_PAGE = '/security';

/** The event's id in `before=`; null without one, undefined if it is invalid. */
export function readEventId(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}
