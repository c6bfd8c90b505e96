/** Errors in logs and reasons that must not repeat a message, which may hold a secret. */

/** The name of an error, such as `TypeError`; `error` for anything that is not an Error. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'error';
}
