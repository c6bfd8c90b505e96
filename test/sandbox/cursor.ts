/**
 * Cursors: opaque to the client, and to the log a place in one query's order. Pure.
 *
 * "Only valid for the same filters and sort order" (API.md): a hash of them is inside.
 */

/** Where a record stands: its sort values, then its id, then its arrival. */
export interface Place {
  readonly values: readonly number[];
  readonly id: string;
  readonly seq: number;
}

export type Cursor =
  | { readonly kind: 'start' }
  | { readonly kind: 'after'; readonly place: Place }
  | { readonly kind: 'before'; readonly place: Place };

/** The cursor's text. With another nonce, another text for the same place. */
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

/** The cursor in a text; undefined when it is none, or another query's. */
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
