/** The text that is stored of an entry: its JSON as it came, or with its long strings cut. Pure. */
import type { EntryBody } from '../../audit-log/entry.ts';
import { sha256Hex } from '../../text/sha256.ts';
import { type Content, contentText } from './content.ts';

/** A larger entry is stored with its long strings cut, in characters. */
const STORED_MAX = 64 * 1024;
/** The length they are cut to, at first. */
const STRING_MAX = 1_024;

export interface StoredText {
  readonly text: string;
  /** Where strings were cut, the hash of the entry's content: what was cut can't be compared any more. Else null. */
  readonly cut: string | null;
}

/** The text that is stored of an entry whose JSON is `text`. */
export function storedText(text: string, content: Content): StoredText {
  if (text.length <= STORED_MAX) return { text, cut: null };
  return { text: cutText(text, content.body), cut: sha256Hex(contentText(content)) };
}

function cutText(text: string, body: EntryBody): string {
  for (let limit = STRING_MAX; limit >= 16; limit /= 4) {
    const cut = withStringsCut(body, limit);
    if (cut !== null && cut.length <= STORED_MAX) return cut;
  }
  const { id, created_at } = body;
  const only = { id, created_at, cut: `an entry of ${text.length} characters` };
  return withStringsCut(only, STRING_MAX) ?? '{}';
}

/** Null where it is nested too deeply for JSON.stringify with a replacer. */
function withStringsCut(body: EntryBody, limit: number): string | null {
  try {
    return JSON.stringify(body, (_key, value: unknown) =>
      typeof value === 'string' && value.length > limit
        ? `${value.slice(0, limit)}… (${value.length} characters)`
        : value,
    );
  } catch {
    return null;
  }
}
