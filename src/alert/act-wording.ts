/**
 * What was done with an alert, in words, for pages and the CLI alike.
 *
 * Contract: pure and total. People wrote the names and comments in it; the words are not escaped.
 */
import { counted } from '../text/numbers.ts';
import { utcText } from '../text/times.ts';

/** An act as it is handed out. */
interface ShownAct {
  readonly act: string;
  readonly who: string;
  readonly via: string | null;
  readonly detail: { readonly [field: string]: unknown } | null;
}

/** `Alice acknowledged it (page): “on it”`. An act of another version is shown by its name. */
export function actWording({ act, who, via, detail }: ShownAct): string {
  const by = via === null || who.endsWith(`(${via})`) ? '' : ` (${via})`;
  return `${deedOf(act, who, detail ?? {})}${by}${commentOf(detail)}`;
}

function deedOf(act: string, who: string, detail: { readonly [field: string]: unknown }): string {
  switch (act) {
    case 'acknowledge':
      return `${who} acknowledged it`;
    case 'resolve':
      return `${who} resolved it: ${textOf(detail.reason)}`;
    case 'assign':
      return detail.to === null ? `${who} assigned it to nobody` : `${who} assigned it to ${textOf(detail.to)}`;
    case 'comment':
      return `${who} commented`;
    case 'resolved':
      return 'Resolved: it was quiet for 14 days';
    case 'acknowledgement ended':
      return 'The acknowledgement ended';
    case 'deferred':
      return `A reminder to ${counted(namesIn(detail.receivers), 'receiver')}`;
    case 'escalated':
      return 'It escalated: nobody had acknowledged it in time';
    case 'absent':
      return `Nothing came by ${utcText(Number(detail.at)) ?? 'an unknown time'}`;
    case 'silence ended':
      return 'Its silence ended';
    case 'introduced':
      return 'A receiver that is new was notified';
    case 'dead':
      return `A message to ${textOf(detail.receiver)} could not be delivered`;
    default:
      return `${who}: ${act}`;
  }
}

function namesIn(receivers: unknown): number {
  return typeof receivers === 'object' && receivers !== null ? Object.keys(receivers).length : 0;
}

function commentOf(detail: ShownAct['detail']): string {
  const comment = detail?.comment;
  return typeof comment === 'string' && comment !== '' ? `: “${comment}”` : '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown';
}

/** What the status of an alert is worded from. */
interface ShownStatus {
  readonly status: string;
  readonly acknowledged: { readonly by: string } | null;
  readonly resolution: { readonly reason: string; readonly by: string } | null;
}

/** `open`, `acknowledged by Alice`, `resolved by Alice: expected`. */
export function statusWording({ status, acknowledged, resolution }: ShownStatus): string {
  if (status === 'acknowledged' && acknowledged !== null) return `acknowledged by ${acknowledged.by}`;
  if (status === 'past') return 'resolved: from before a later alert';
  if (resolution === null) return status;
  const { reason, by } = resolution;
  if (reason === 'superseded') return 'resolved: a later alert goes on';
  if (reason === 'quiet') return 'resolved: quiet for 14 days';
  return `${status} by ${by}: ${reason}`;
}
