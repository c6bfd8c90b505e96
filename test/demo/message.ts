/** Reads a Slack message back into its text. Pure; of an invalid message it reads what it can. */

/** A message as a person reads it. */
export interface SlackText {
  /** The alert's number; null if it is about something else. */
  readonly alert: number | null;
  /** The notification's text, as a phone shows it. */
  readonly text: string;
  /** The table's rows: What, Who, From, … */
  readonly facts: readonly { readonly label: string; readonly lines: readonly string[] }[];
}

type Fields = { readonly [field: string]: unknown };

/** Reads a message. */
export function readMessage(message: unknown): SlackText {
  const whole = fieldsOf(message);
  const attached = listOf(whole.attachments).flatMap((attachment) => listOf(fieldsOf(attachment).blocks));
  const blocks = [...listOf(whole.blocks), ...attached].map(fieldsOf);
  const cells = blocks.flatMap((block) => listOf(block.fields)).map((cell) => plain(fieldsOf(cell).text));
  const facts = cells.flatMap((label, i) =>
    i % 2 === 0 ? [{ label: label.replaceAll('*', '').toLowerCase(), lines: (cells[i + 1] ?? '').split('\n') }] : [],
  );
  const foot = blocks
    .flatMap((block) => listOf(block.elements))
    .map((element) => plain(fieldsOf(element).text))
    .map((text) => /^Alert ([\d,]+)\b/.exec(text)?.[1])
    .find((number) => number !== undefined);
  return {
    alert: foot === undefined ? null : Number(foot.replaceAll(',', '')),
    text: plain(fieldsOf(message).text),
    facts,
  };
}

/** Text without Slack's escapes and dates (https://docs.slack.dev/messaging/formatting-message-text). */
function plain(text: unknown): string {
  if (typeof text !== 'string') return '';
  return text
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
