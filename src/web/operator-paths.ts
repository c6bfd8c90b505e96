/**
 * The operator's API as a client needs it: its paths and bounds, without the routes. The command line imports it, and can't
 * import those: Node has no JSX. Pure.
 */

export const STATUS_PATH = '/operator/status';
export const REWIND_PATH = '/operator/rewind';
export const RESTORE_PATH = '/operator/restore';
export const TEST_PATH = '/operator/test';
export const RESEND_PATH = '/operator/resend';
export const VIEWERS_PATH = '/operator/viewers';
export const SECURITY_PATH = '/operator/security';
export const QUARANTINE_PATH = '/operator/quarantine';
export const QUARANTINED_PATH = '/operator/quarantine/record';
export const RELEASE_PATH = '/operator/quarantine/release';
export const BACKFILL_PATH = '/operator/backfill';
export const BACKFILL_CANCEL_PATH = '/operator/backfill/cancel';
export const DROP_PATH = '/operator/quarantine/drop';

/** Answered with 409. */
export const NOT_TWICE = 'this request came before, or was made before a restore: it is not carried out again';

/** Records of one request. Each may cost a request to the upstream, of which an invocation has 50 on the free plan. */
export const RELEASED_MAX = 20;
export const DROPPED_MAX = 100;

/** `unconfirmed`: the ledger was asked to go back, and does not say that it has. */
export type RestoreOutcome = 'planned' | 'restored' | 'unconfirmed';
