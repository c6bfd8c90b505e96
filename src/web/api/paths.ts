/** The API of alerts as a client needs it: its paths, without the routes. The command line imports it. Pure. */
import { toSegment } from '../../http/segment.ts';

export const API_ALERTS_PATH = '/api/alerts';
export const API_ACTS_PATH = '/api/alerts/acts';
export const API_SILENCES_PATH = '/api/silences';
export const API_ENTRIES_PATH = '/api/entries';
export const API_ACT_LOG_PATH = '/api/acts';
export const API_RULES_PATH = '/api/rules';
export const API_ROUTE_PATH = '/api/route';
/** The upstream's route, as the lookup has it. */
export const LOOKUP_PATH = '/v1/audit_logs';

/**
 * A browser sends it for a page of ours alone: another site's page must ask first (a CORS preflight), and gets no answer.
 * https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
 */
export const CSRF_HEADER = 'x-tocsin-csrf';

/** Answered with 404, where the route exists. */
export const NO_SUCH = 'none with this id: it was never there, or was evicted';

export function apiAlertPath(id: number, of: 'route' | 'why' | null = null): string {
  return `${API_ALERTS_PATH}/${id}${of === null ? '' : `/${of}`}`;
}

export function apiEntryWhyPath(id: string): string {
  return `/api/entries/${toSegment(id)}/why`;
}

export function apiExpirePath(id: number): string {
  return `${API_SILENCES_PATH}/${id}/expire`;
}
