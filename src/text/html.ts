/**
 * HTML from text, for pages and mails. Pure.
 *
 * Contract: every text is escaped, for an element's content and for a quoted attribute; only what was made here is taken as HTML.
 * null, undefined and booleans show nothing; a list shows its items one after the other.
 */

/** Is escaped already: nothing escapes it again. */
export class Html extends String {}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as HTML. */
export function escaped(value: unknown): string {
  return String(value).replace(/[&<>"']/g, (char) => ESCAPES[char] ?? '');
}

/** Any value as HTML. */
export function htmlOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean') return '';
  if (Array.isArray(value)) return value.map(htmlOf).join('');
  return value instanceof Html ? value.toString() : escaped(value);
}

/** A template: html`<p title="${text}">${text}</p>`. */
export function html(template: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return new Html(template.reduce((before, text, i) => before + htmlOf(values[i - 1]) + text));
}
