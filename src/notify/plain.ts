/** The parts of a message as plain text, for receivers that have no markup. Pure. */
import type { Button } from '../alert/links.ts';
import type { Fact, Instant, Passage, Wording } from '../alert/message-parts.ts';
import { utcText } from '../text/times.ts';

/** Plain text has no reader's own time; UTC is the audit log's. */
export function plainPiece(piece: string | Instant): string {
  return typeof piece === 'string' ? piece : (utcText(piece.at) ?? 'at an unknown time');
}

/** The lines of a fact's value. */
export function factLines(fact: Fact): readonly string[] {
  return fact.kind === 'untrusted' ? fact.lines : fact.lines.map((line) => line.map(plainPiece).join(''));
}

/** The passages, and the runbook as the last of them. `href`: its whole text is this link. */
export function passagesOf({ passages, runbook }: Wording): readonly (Passage & { readonly href: string | null })[] {
  return [...passages.map((each) => ({ ...each, href: null })), ...(runbook === null ? [] : [runbook])];
}

/** What a message leads to: the pages of its buttons, and the runbook where that is a page. */
export function linksOf({ buttons, runbook }: Wording): readonly { readonly label: string; readonly href: string }[] {
  const href = runbook?.href ?? null;
  return [...openable(buttons), ...(href === null ? [] : [{ label: 'Open the runbook', href }])];
}

/** Those that a client would open as a page of ours. */
export function openable(buttons: readonly Button[]): readonly Button[] {
  return buttons.filter(({ href }) => /^https?:\/\/[^\s<>"]+$/.test(href));
}
