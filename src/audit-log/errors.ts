/**
 * What can go wrong with the upstream, told apart by what is to be done about it, and the redaction of the API key.
 *
 * Every failure of the client is an `UpstreamError`. Its message is one line that says what happened and what to do;
 * neither message, stack nor cause ever holds the key: text of the upstream's enters only through a `Redact`.
 *
 * Pure: no clock, no I/O. Runs in workerd and Node alike.
 */

/**
 * - `bad-request`: 400 or 422, and every other 4xx without a kind of its own. Also what a rejected cursor looks like.
 * - `unavailable`: 5xx, and 409 (the SDKs retry it), after the retries.
 * - `timeout`: no whole answer in time, or 408.
 * - `not-json`: an answer with a good status that is no JSON (HTML, or cut short).
 * - `wrong-shape`: JSON, but not what was asked for.
 * - `network`: no answer, or one that broke off.
 */
export type UpstreamErrorKind =
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'bad-request'
  | 'rate-limited'
  | 'unavailable'
  | 'timeout'
  | 'too-large'
  | 'not-json'
  | 'wrong-shape'
  | 'network'
  | 'redirect';

export interface UpstreamErrorDetails {
  /** The answer's HTTP status, where there was an answer. */
  readonly status?: number;
  /** How long the upstream asked to be left alone, in ms. */
  readonly retryAfterMs?: number;
}

/** A failure of the upstream, thrown by the client. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly kind: UpstreamErrorKind;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: UpstreamErrorKind, message: string, details: UpstreamErrorDetails = {}) {
    super(message);
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/**
 * What an HTTP status that is not a success means.
 *
 * @example kindOfStatus(422) // 'bad-request'
 */
function kindOfStatus(status: number): UpstreamErrorKind {
  if (status >= 300 && status < 400) return 'redirect';
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 408) return 'timeout';
  if (status === 409) return 'unavailable';
  if (status === 429) return 'rate-limited';
  if (status >= 500) return 'unavailable';
  return 'bad-request';
}

/** The error for an answer that is not a success. `said` is the upstream's own message, already redacted. */
export function statusError(status: number, said: string, retryAfterMs: number | undefined): UpstreamError {
  const kind = kindOfStatus(status);
  const details = retryAfterMs === undefined ? { status } : { status, retryAfterMs };
  return new UpstreamError(kind, `${sentence(kind, status)}${said === '' ? '' : ` – it said: ${said}`}`, details);
}

function sentence(kind: UpstreamErrorKind, status: number): string {
  switch (kind) {
    case 'unauthorized':
      return `the upstream refused the API key (${status}): check NIRVANA_LABS_API_KEY; it may have expired`;
    case 'forbidden':
      return `the upstream's API key may not do this (${status}): it needs the permission read on audit_log, and its source IP rules must let this Worker in`;
    case 'not-found':
      return `the upstream has no such thing (${status}): check the id, or NIRVANA_LABS_BASE_URL`;
    case 'bad-request':
      return `the upstream rejected the request (${status}): the cursor may have expired, or a parameter is not understood`;
    case 'rate-limited':
      return `the upstream asks for fewer requests (${status}): it will be asked again later`;
    case 'unavailable':
      return `the upstream is failing (${status}): it will be asked again later`;
    case 'timeout':
      return `the upstream did not answer in time (${status}): it will be asked again later`;
    case 'redirect':
      return `the upstream answered with a redirect (${status}), which is not followed: check NIRVANA_LABS_BASE_URL`;
    case 'too-large':
    case 'not-json':
    case 'wrong-shape':
    case 'network':
      return `the upstream's answer (${status}) cannot be used`;
  }
}
