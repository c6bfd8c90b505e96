/**
 * The local mailbox: what the Worker has sent by its `send_email` binding. Where a Worker runs on this machine, miniflare
 * sends nothing and keeps each mail; here it is asked for them, by the API of its local explorer.
 *
 * Contract: each mail is handed on once, oldest first, until `stop`.
 */
import { type Mail, readMail } from './mail.ts';

/** The list of mails, and with `email_id` one of them, whole. */
const SENT_PATH = '/cdn-cgi/local/explorer/api/local/email/sending';
/** So many it tells at once (its most). More between two looks would be the next look's. */
const PER_PAGE = 100;
const LOOK_MS = 500;

export interface Mailbox {
  stop(): void;
}

/** Watches the mailbox of the Worker at `worker`, without a slash at its end. */
export function watchMailbox(worker: string, onMail: (mail: Mail) => void): Mailbox {
  const seen = new Set<string>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
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
  const go = (): void => {
    // A look that fails (the Worker is busy, or ending) is made again.
    void look()
      .catch(() => undefined)
      .finally(() => {
        if (!stopped) timer = setTimeout(go, LOOK_MS);
      });
  };
  go();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function resultOf(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the local mailbox answers ${response.status}`);
  return ((await response.json()) as { readonly result?: unknown }).result;
}
