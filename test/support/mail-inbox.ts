/**
 * A fake of Cloudflare's Email Service: a real server on 127.0.0.1 that enforces the platform's rules and answers with its
 * codes, and a `send_email` binding that uses it and throws like the real one.
 *
 * https://developers.cloudflare.com/email-service/api/send-emails/workers-api/, …/reference/headers/, …/platform/limits/.
 */
import type { MailBinding } from '../../src/notify/email/message.ts';
import { startHttpServer } from './http-server.ts';

export type Mail = Parameters<MailBinding['send']>[0];

/** How the next mails are answered, if they follow the platform's rules. */
export type MailAnswer =
  | { readonly kind: 'ok' }
  /** The platform's code, or another. */
  | { readonly kind: 'error'; readonly code: unknown; readonly message?: string }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** The mail is sent, and its answer lost. */
  | { readonly kind: 'lost' }
  /** Not JSON. */
  | { readonly kind: 'garbage'; readonly length: number };

export interface MailInbox {
  readonly binding: MailBinding;
  /** Accepted, oldest first. */
  readonly mails: readonly Mail[];
  /** All mails, accepted or not. */
  readonly sends: readonly Mail[];
  /** The codes of mails that broke the platform's rules. */
  readonly problems: readonly string[];
  /** Answers each mail to this address with this code. */
  refuse(address: string, code: string): void;
  answer(with_: MailAnswer): void;
  stop(): Promise<void>;
}

/** The only headers that may be set, besides `X-…`; lower case. */
const ALLOWED = new Set(
  (
    'in-reply-to references list-unsubscribe list-unsubscribe-post list-id list-archive list-help list-owner list-post ' +
    'list-subscribe precedence auto-submitted content-language keywords comments importance priority sensitivity ' +
    'organization require-recipient-valid-since expires reply-by archived-at'
  ).split(' '),
);
const API_FIELDS = new Set(['from', 'to', 'cc', 'bcc', 'subject', 'reply-to']);
const VALUES: { readonly [header: string]: readonly string[] } = {
  'auto-submitted': ['auto-generated', 'auto-replied', 'auto-notified'],
  importance: ['high', 'normal', 'low'],
};

function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** The platform's error code for a mail; null if it is sent. */
function errorCode(mail: Mail): string | null {
  const { to } = mail;
  const sender = mail.from.email;
  if (!mail.subject || !to || !sender) return 'E_FIELD_MISSING';
  if ([sender, to].some((address) => !/^[^\s@<>,;]+@[a-z0-9.-]+\.[a-z]{2,}$/i.test(address))) {
    return 'E_VALIDATION_ERROR';
  }
  if (mail.subject.length > 998 || /[\r\n]/.test(mail.subject) || !mail.subject.isWellFormed()) {
    return 'E_VALIDATION_ERROR';
  }
  if (!sender.endsWith('@example.com')) return 'E_SENDER_NOT_VERIFIED';
  if (bytes(mail.text) + bytes(mail.html) > 5 * 1024 * 1024) return 'E_CONTENT_TOO_LARGE';
  return headerErrorCode(mail.headers);
}

function headerErrorCode(headers: Record<string, string>): string | null {
  const all = Object.entries(headers);
  for (const [name, value] of all) {
    const known = name.toLowerCase();
    if (!/^[a-z0-9_-]{1,100}$/i.test(name)) return 'E_HEADER_NAME_INVALID';
    if (API_FIELDS.has(known)) return 'E_HEADER_USE_API_FIELD';
    if (!known.startsWith('x-') && !ALLOWED.has(known)) return 'E_HEADER_NOT_ALLOWED';
    if (value === '' || /[\r\n]/.test(value) || VALUES[known]?.includes(value) === false)
      return 'E_HEADER_VALUE_INVALID';
    if (bytes(value) > 2_048) return 'E_HEADER_VALUE_TOO_LONG';
  }
  if (all.filter(([name]) => !/^x-/i.test(name)).length > 20) return 'E_HEADERS_TOO_MANY';
  const size = all.reduce((sum, [name, value]) => sum + bytes(name) + bytes(value) + 4, 0);
  return size > 16 * 1024 ? 'E_HEADERS_TOO_LARGE' : null;
}

export async function startMailInbox(): Promise<MailInbox> {
  const mails: Mail[] = [];
  const sends: Mail[] = [];
  const problems: string[] = [];
  const refused = new Map<string, string>();
  let now: MailAnswer = { kind: 'ok' };
  const server = await startHttpServer((request, response, body) => {
    const mail = JSON.parse(body) as Mail;
    sends.push(mail);
    const code = errorCode(mail);
    const json = (value: unknown): void => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    };
    if (code !== null) {
      problems.push(code);
      return json({ code, message: `${code} for ${mail.to}` });
    }
    const refusal = refused.get(mail.to);
    if (refusal !== undefined) return json({ code: refusal, message: `${refusal} for ${mail.to}` });
    switch (now.kind) {
      case 'ok':
        mails.push(mail);
        return json({ messageId: `<${mails.length}@example.com>` });
      case 'error':
        return json({ code: now.code, message: now.message ?? `not sent to ${mail.to}` });
      case 'garbage':
        response.end('<html>'.repeat(now.length));
        return;
      case 'lost':
        mails.push(mail);
        request.socket.destroy();
        return;
      case 'reset':
        request.socket.destroy();
        return;
      case 'hang':
        return;
    }
  });
  const binding: MailBinding = {
    async send(mail) {
      const response = await fetch(`${server.origin}/send`, { method: 'POST', body: JSON.stringify(mail) });
      const answer = (await response.json()) as { messageId?: string; code?: unknown; message?: string };
      if (answer.messageId === undefined) throw Object.assign(new Error(answer.message), { code: answer.code });
      return { messageId: answer.messageId };
    },
  };
  return {
    binding,
    mails,
    sends,
    problems,
    refuse: (address, code) => void refused.set(address, code),
    answer: (with_) => {
      now = with_;
    },
    stop: server.stop,
  };
}
