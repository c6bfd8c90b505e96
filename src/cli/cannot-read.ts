/** What can't be read, as a `Failure` with the reason that the system gives. */
import { Failure } from './failure.ts';
import { safe } from './terminal.ts';

/** `what`: the file or folder, as it was named. `hint`: what to do about it. */
export function cannotRead(what: string, error: unknown, hint: string): Failure {
  return new Failure(
    `${safe(what)} can't be read: ${safe(error instanceof Error ? error.message : String(error))}`,
    hint,
  );
}
