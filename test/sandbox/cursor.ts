/**
 * Cursors: opaque to clients; for the log, a place in the order of one query. Pure.
 *
 * "Only valid for the same filters and sort order" (API.md): they contain a hash of both.
 */

/** A record's place: its sort values, then its id, then its arrival. */
export interface Place {
  readonly values: readonly number[];
  readonly id: string;
  readonly seq: number;
}

export type Cursor =
  | { readonly kind: 'start' }
  | { readonly kind: 'after'; readonly place: Place }
  | { readonly kind: 'before'; readonly place: Place };

/** The cursor as text. Another nonce gives another text for the same place. */
export function encodeCursor(cursor: Cursor, binding: string, nonce?: number): string {
  const parts: unknown[] = [hash(binding), cursor.kind];
  if (cursor.kind !== 'start') parts.push(cursor.place.values, cursor.place.id, cursor.place.seq);
  else parts.push([], '', 0);
  if (nonce !== undefined) parts.push(nonce);
  return btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(parts))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** The cursor in a text; undefined if it is invalid or of another query. */
export function decodeCursor(text: string, binding: string): Cursor | undefined {
  let parts: unknown;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    parts = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts[0] !== hash(binding)) return undefined;
  const [, kind, values, id, seq] = parts as [string, unknown, number[], string, number];
  if (kind === 'start') return { kind };
  return kind === 'after' || kind === 'before' ? { kind, place: { values, id, seq } } : undefined;
}

/** FNV-1a, 32 bits. */
function hash(text: string): string {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  return (state >>> 0).toString(36);
}
