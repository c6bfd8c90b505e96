/** Addresses and fields of the forms that act on alerts and make silences. Pure. */
import { alertPath } from '../access/link.ts';

/** The forms' acts: what the path ends in, and the value of `act` for several. */
export const FORM_ACTS = ['acknowledge', 'resolve', 'assign', 'comment'] as const;
export type FormAct = (typeof FORM_ACTS)[number];

export const ALERTS_PAGE = '/alerts';
export const SILENCES_PAGE = '/silences';

/** Where a form about one alert is posted. */
export function actPath(alert: number, act: FormAct): string {
  return `${alertPath(alert)}/${act}`;
}

/** The field of the form by which a link's holder acknowledges all alerts of the message, not only the one shown. */
export const ALL_OF_MESSAGE = 'all';

/** Where a silence is ended. */
export function expirePath(silence: number): string {
  return `${SILENCES_PAGE}/${silence}/expire`;
}

/** How many alerts an act was done on, and on how many it was not, and why. */
export interface ActCounts {
  readonly done: number;
  readonly unchanged: number;
  readonly raised: number;
  readonly ended: number;
}

/** What a form did: in the address of the page that is shown next. */
export interface Did extends ActCounts {
  readonly act: FormAct | 'silence' | 'expire';
}

export const DID_PARAM = 'did';
const DID = /^(acknowledge|resolve|assign|comment|silence|expire)((?:\.\d{1,3}){4})$/;

/** As the value of `did`. */
export function didText({ act, done, unchanged, raised, ended }: Did): string {
  return [act, done, unchanged, raised, ended].join('.');
}

/** Null: there is none, or it is malformed. */
export function readDid(text: string | undefined): Did | null {
  const [, act, counts] = DID.exec(text ?? '') ?? [];
  if (act === undefined || counts === undefined) return null;
  const [done = 0, unchanged = 0, raised = 0, ended = 0] = counts.slice(1).split('.').map(Number);
  return { act: act as Did['act'], done, unchanged, raised, ended };
}
