/**
 * A Slack message as the inbox got it, read back into what it says. Pure; whatever comes is read as far as it goes.
 */

/** What a message says, as a person reads it. */
export interface Said {
  /** The alert's number; null where it is about something else. */
  readonly alert: number | null;
  /** What a phone would show. */
  readonly text: string;
  /** The table's rows: What, Who, From, … */
  readonly facts: readonly { readonly label: string; readonly lines: readonly string[] }[];
}

type Fields = { readonly [field: string]: unknown };

/** Reads a message. */
export function readMessage(message: unknown): Said {
  const whole = fieldsOf(message);
  const beside = listOf(whole.attachments).flatMap((attachment) => listOf(fieldsOf(attachment).blocks));
  const blocks = [...listOf(whole.blocks), ...beside].map(fieldsOf);
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

/** Slack's escapes and dates undone (https://docs.slack.dev/messaging/formatting-message-text). */
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
