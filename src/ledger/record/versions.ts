/**
 * Compares an entry with the recorded ones of its id, its versions: it is one of them, or a revision of them.
 *
 * Contract: pure. A version that was seen before is known, however often the upstream goes back to it. A version whose
 * stored JSON is damaged equals no other.
 */
import type { EntryBody } from '../../audit-log/entry.ts';
import { parseJson } from '../../text/json.ts';
import { sha256Hex } from '../../text/sha256.ts';
import type { Incoming } from '../rpc.ts';
import { contentText } from './content.ts';
import { storedText } from './stored-text.ts';

/** A version of an entry: recorded, or in the same page. */
export interface Version {
  /** Null: it is in the same page. */
  readonly seq: number | null;
  /** 0: the entry as it was first recorded. */
  readonly revision: number;
  readonly createdAt: number;
  /** As it is stored. */
  readonly text: string;
  /** Where strings in it were cut: the hash of its content. */
  readonly cut: string | null;
}

export type Comparison =
  /** It is this version. */
  | { readonly kind: 'known'; readonly version: Version }
  /** It is this version, with other text: what does not count differs. */
  | { readonly kind: 'rewritten'; readonly version: Version; readonly text: string; readonly cut: string | null }
  | { readonly kind: 'changed' };

/** Compares an entry with the versions of its id. */
export function compareVersions(entry: Pick<Incoming, 'createdAt' | 'text'>, versions: readonly Version[]): Comparison {
  const same = versions.find(({ text, cut }) => cut === null && text === entry.text);
  if (same !== undefined) return { kind: 'known', version: same };
  if (versions.length === 0) return { kind: 'changed' };
  const { createdAt } = entry;
  const body = bodyOf(entry.text);
  const content = body === null ? null : contentText({ createdAt, body });
  const version = content === null ? undefined : versions.find((each) => hasContent(each, content));
  if (body === null || version === undefined) return { kind: 'changed' };
  const { text, cut } = storedText(entry.text, { createdAt, body });
  return text === version.text ? { kind: 'known', version } : { kind: 'rewritten', version, text, cut };
}

function hasContent({ createdAt, text, cut }: Version, content: string): boolean {
  if (cut !== null) return cut === sha256Hex(content);
  const body = bodyOf(text);
  return body !== null && contentText({ createdAt, body }) === content;
}

/** Null where it is no JSON object. */
function bodyOf(text: string): EntryBody | null {
  const body = parseJson(text);
  return typeof body === 'object' && body !== null ? (body as EntryBody) : null;
}
