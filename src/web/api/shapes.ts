/**
 * What requests to the API may say: the query of a list, and bodies. docs/api.md has the same for people.
 *
 * Contract: pure. Each request of the API is read by one of these, and by nothing else, so that a description of the API (such
 * as OpenAPI) can be made from them.
 */
import { RESOLVE_REASONS } from '../../alert/alert.ts';
import type { Act, ActRequest, AlertQuery, LogQuery } from '../../ledger/rpc.ts';
import { LEVELS } from '../../sigma/index.ts';
import { readId } from '../../text/ids.ts';
import { INVISIBLE } from '../../text/invisible.ts';
import { exactly, list, nullable, number, object, oneOf, orElse, type Shape, string, where } from '../../text/shape.ts';
import { readInstant } from '../../text/times.ts';

/** Of one request: as many as the ledger acts on at once. */
export const ACTED_MAX = 100;
/** As the ledger keeps them. */
const COMMENT_MAX = 2_000;
const NAME_MAX = 200;
const PARAM_MAX = 300;

const whole = where(number, (value) => Number.isSafeInteger(value) && value > 0, 'must be a positive whole number');
const digits = where(string, (text) => readId(text) !== null, 'must be a positive whole number');
const instant = where(string, (text) => readInstant(text) !== null, 'must be a time, such as 2026-01-05T12:00:00Z');
const idText: Shape<number> = (value, path) => Number(digits(value, path));
const moment: Shape<number> = (value, path) => readInstant(instant(value, path)) ?? 0;
const text = (most: number): Shape<string> =>
  where(string, ({ length }) => length <= most, `must have at most ${most} characters: shorten it`);
const said = (most: number): Shape<string> =>
  where(text(most), (value) => value.replace(INVISIBLE, '').trim() !== '', 'must not be empty');
const name = where(said(NAME_MAX), (value) => value.search(INVISIBLE) < 0, 'must not have invisible characters');
const absentOr = <T>(of: Shape<T>): Shape<T | null> => orElse(nullable(of), null);
const level = oneOf(...LEVELS);

/** The parameters of GET /api/alerts. A parameter that is not known is refused: it would be a filter that filters nothing. */
export const ALERTS_QUERY: Shape<AlertQuery> = exactly({
  status: orElse(oneOf('unresolved', 'open', 'acknowledged', 'resolved', 'all'), 'unresolved'),
  level: absentOr(level),
  ...{ rule: absentOr(text(PARAM_MAX)), actor: absentOr(text(PARAM_MAX)), tag: absentOr(text(PARAM_MAX)) },
  ...{ assignee: absentOr(text(PARAM_MAX)), text: absentOr(said(PARAM_MAX)) },
  ...{ since: absentOr(moment), until: absentOr(moment), before: absentOr(idText), most: absentOr(idText) },
});

/** Those of GET /api/entries, and of GET /api/acts. */
export const LOG_QUERY: Shape<LogQuery> = exactly({
  after: absentOr(idText),
  ...{ since: absentOr(moment), until: absentOr(moment), most: absentOr(idText) },
});
export const ACT_LOG_QUERY = exactly({ after: absentOr(idText) });

/** In the body of every act. `as`: what who knows LINK_SECRET says their name is. `via`: by what they act. */
export const BY_SHAPE = object({ as: absentOr(name), via: orElse(oneOf('api', 'cli'), 'api') });

const ACT = {
  acknowledge: object({ comment: absentOr(said(COMMENT_MAX)) }),
  resolve: object({
    reason: oneOf(...RESOLVE_REASONS),
    comment: absentOr(said(COMMENT_MAX)),
  }),
  assign: object({ to: nullable(name) }),
  comment: object({ comment: said(COMMENT_MAX) }),
} as const;

const ACT_NAME = oneOf('acknowledge', 'resolve', 'assign', 'comment');
const ACTS = object({
  alerts: where(list(whole), ({ length }) => length > 0 && length <= ACTED_MAX, `must have 1 to ${ACTED_MAX} ids`),
  act: ACT_NAME,
  seenLevel: absentOr(level),
});

/** The body of POST /api/alerts/acts. */
export const ACTS_SHAPE: Shape<Pick<ActRequest, 'alerts' | 'act' | 'seenLevel'>> = (value, path) => {
  const { act, ...of } = ACTS(value, path);
  return { ...of, alerts: [...new Set(of.alerts)], act: { act, ...ACT[act](value, path) } as Act };
};

/** The body of POST /api/route: an entry. That of POST /api/silences is read where the rules are known (alert/silence.ts). */
export const ENTRY_SHAPE = object({});

/** An id in a path. */
export const ID_SHAPE = idText;
