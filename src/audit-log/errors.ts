/**
 * What can go wrong with the upstream, by what to do about it. Pure.
 *
 * Every failure of the client is an `UpstreamError`. Its message is one line that says what happened and what to do.
 * Message, stack and cause never contain the key: the upstream's text is redacted before it gets here.
 */

/**
 * - `bad-request`: 400 or 422, and every other 4xx without its own kind; also a rejected cursor.
 * - `unavailable`: 5xx, and 409 (the SDKs retry it), after the retries.
 * - `timeout`: no complete answer in time, or 408.
 * - `not-json`: a successful answer that is not JSON (HTML, or cut short).
 * - `wrong-shape`: JSON, but not what was requested.
 * - `network`: no answer, or one that was interrupted.
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
  /** The answer's HTTP status, if there was an answer. */
  readonly status?: number;
  /** The wait that the upstream asked for, in ms. */
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
 * The kind of an HTTP status that is not a success.
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

/** The error for an answer that is not a success. `text` is the upstream's own message, already redacted and defanged. */
export function statusError(status: number, text: string, retryAfterMs: number | undefined): UpstreamError {
  const kind = kindOfStatus(status);
  const details = retryAfterMs === undefined ? { status } : { status, retryAfterMs };
  return new UpstreamError(kind, `${sentence(kind, status)}${text === '' ? '' : ` – its message: ${text}`}`, details);
}

function sentence(kind: UpstreamErrorKind, status: number): string {
  switch (kind) {
    case 'unauthorized':
      return `the upstream refused the API key (${status}): check NIRVANA_LABS_API_KEY; it may have expired`;
    case 'forbidden':
      return `the API key lacks permission (${status}): it needs read on audit_log, and its source IP rules must allow this Worker`;
    case 'not-found':
      return `the upstream did not find it (${status}): check the id, or NIRVANA_LABS_BASE_URL`;
    case 'bad-request':
      return `the upstream rejected the request (${status}): the cursor may have expired, or a parameter may be unsupported`;
    case 'rate-limited':
      return `the upstream limits our requests (${status}): trying again later`;
    case 'unavailable':
      return `the upstream is failing (${status}): trying again later`;
    case 'timeout':
      return `the upstream did not answer in time (${status}): trying again later`;
    case 'redirect':
      return `the upstream answered with a redirect (${status}), which is not followed: check NIRVANA_LABS_BASE_URL`;
    case 'too-large':
    case 'not-json':
    case 'wrong-shape':
    case 'network':
      return `the upstream's answer (${status}) can't be used`;
  }
}
