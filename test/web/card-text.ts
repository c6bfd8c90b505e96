/** A card of a page as people read it. */

/** The text of the card with this title, a line for each item and paragraph, with its links: `[/rules/1] Key made`. */
export function cardText(html: string, title: string): string {
  const [, inner = ''] = new RegExp(`${title}([\\s\\S]*?)</section>`).exec(html) ?? [];
  return inner
    .replace(/<a href="([^"]*)"[^>]*>/g, '[$1] ')
    .replace(/<\/(li|p|h2|header|div)>|<span class="sub">/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/\n\s+/g, '\n');
}
