/**
 * The local mailbox: what the Worker has sent by its `send_email` binding. For a local Worker miniflare keeps every mail
 * instead of sending it; they are read through its local explorer's API.
 *
 * Contract: each mail is passed on once, oldest first, until `stop`.
 */

/** Lists the mails; with `email_id`, one complete mail. */
const SENT_PATH = '/cdn-cgi/local/explorer/api/local/email/sending';
/** The API's maximum. More mails between two requests come with the next request. */
const PER_PAGE = 100;
const POLL_MS = 500;

export interface Mailbox {
  stop(): void;
}

/** Watches the mailbox of the Worker at `worker`, without a slash at its end. */
export function watchMailbox(worker: string, onMail: (mail: Mail) => void): Mailbox {
  const seen = new Set<string>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const poll = async (): Promise<void> => {
    const listed = await resultOf(`${worker}${SENT_PATH}?per_page=${PER_PAGE}`);
    const found = (Array.isArray(listed) ? listed : []).flatMap((value) => readMail(value) ?? []);
    for (const { messageId } of found.sort((a, b) => a.sentAt - b.sentAt)) {
      if (seen.has(messageId) || stopped) continue;
      const mail = readMail(await resultOf(`${worker}${SENT_PATH}?email_id=${encodeURIComponent(messageId)}`));
      if (mail === null || stopped) continue;
      seen.add(messageId);
      onMail(mail);
    }
  };
  const next = (): void => {
    // A failed request (the Worker is busy, or ending) is repeated.
    void poll()
      .catch(() => undefined)
      .finally(() => {
        if (!stopped) timer = setTimeout(next, POLL_MS);
      });
  };
  next();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function resultOf(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the local mailbox answered ${response.status}`);
  return ((await response.json()) as { readonly result?: unknown }).result;
}

export interface Mail {
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** ms since the epoch */
  readonly sentAt: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly text: string;
  readonly html: string;
  /** The alert's number; null if it is about something else. */
  readonly alert: number | null;
}

type Fields = { readonly [field: string]: unknown };

/** Reads a mail as miniflare keeps it; null if it has no id. */
export function readMail(value: unknown): Mail | null {
  const mail = fieldsOf(value);
  if (typeof mail.messageId !== 'string') return null;
  const text = textOf(mail.text);
  return {
    messageId: mail.messageId,
    from: textOf(mail.from),
    to: (Array.isArray(mail.to) ? mail.to : [mail.to]).map(textOf).join(', '),
    subject: textOf(mail.subject),
    sentAt: Date.parse(textOf(mail.sentAt)),
    headers: Object.entries(fieldsOf(mail.headers)).map(([name, header]) => [name, textOf(header)]),
    text,
    html: textOf(mail.html),
    alert: alertIn(text),
  };
}

/** From the last link to an alert's page: text that others wrote comes before it. */
function alertIn(text: string): number | null {
  const found = [...text.matchAll(/\/alerts\/([1-9]\d{0,14})\?/g)].at(-1)?.[1];
  return found === undefined ? null : Number(found);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
