/** Addresses of what is in quarantine: a record's page, and a page of the list. Pure. */
import type { QuarantineCursor } from '../ledger/rpc.ts';

export const QUARANTINE_PAGE = '/quarantine';

const KEY = /^(?:entry|invalid|record):[0-9a-f]{64}$/;
const CURSOR = /^(\d{1,15})\.(.+)$/;

/** The page of the record with this key. */
export function quarantinedPath(key: string): string {
  return `${QUARANTINE_PAGE}/${key}`;
}

/** The key in a path; null if it is not one. */
export function readQuarantineKey(text: string | undefined): string | null {
  return text !== undefined && KEY.test(text) ? text : null;
}

/** A cursor as `before=` takes it. */
export function cursorText({ firstAt, key }: QuarantineCursor): string {
  return `${firstAt}.${key}`;
}

/** The cursor of `before=`; null without one, undefined if it is invalid. */
export function readCursor(text: string | undefined): QuarantineCursor | null | undefined {
  if (text === undefined) return null;
  const [, firstAt = '', key = ''] = CURSOR.exec(text) ?? [];
  return KEY.test(key) ? { firstAt: Number(firstAt), key } : undefined;
}
