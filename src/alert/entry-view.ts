/** An entry as messages show it: the fields that people look for, as short text. Pure; never throws. */
import type { EntryBody } from '../audit-log/entry.ts';
import { fieldValue } from '../sigma/index.ts';
import { jsonText } from '../text/json.ts';
import type { EntryView } from './notification.ts';

/** Enough for any honest value; an attacker's is cut, so that a stored notification stays small. */
const TEXT_MAX = 1_000;

/** What a message shows of an entry. `createdAt` in ms since the epoch. */
export function entryView(id: string, createdAt: number, body: EntryBody): EntryView {
  const text = (field: string): string | null => {
    const value = fieldValue(body, field);
    if (value === null || value === undefined) return null;
    const whole = typeof value === 'string' ? value : (jsonText(value) ?? '…');
    return whole.length <= TEXT_MAX ? whole : `${whole.slice(0, TEXT_MAX).toWellFormed()}…`;
  };
  return {
    id: id.slice(0, TEXT_MAX).toWellFormed(),
    createdAt,
    action: text('action'),
    actor: { id: text('actor.id'), name: text('actor.name'), type: text('actor.type') },
    target: { id: text('target.id'), type: text('target.type') },
    clientIp: text('client_ip'),
    method: text('method'),
    path: text('path'),
    statusCode: text('status_code'),
    userAgent: text('user_agent'),
  };
}
