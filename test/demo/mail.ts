/**
 * A mail as the local `send_email` binding keeps it: the parts that were given to it. Pure; whatever comes is read as far
 * as it goes.
 */

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
  /** The number of the alert that it is about; null where it is about something else. */
  readonly alert: number | null;
}

type Fields = { readonly [field: string]: unknown };

/** Reads a mail; null where it has no id and so is none. */
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

/** By the link to its page, which a mail about an alert ends with: what others wrote stands above it. */
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
