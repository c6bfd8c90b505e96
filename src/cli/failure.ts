/** How a command ends: exit codes, and errors that say what is wrong and what to do about it. */

/** Everything is well. */
export const OK = 0;
/** Something is not well, or could not be done. */
export const FAILED = 1;
/** The command line or a setting is wrong. */
export const CALLED_WRONGLY = 2;

/** Of `status`: something is wrong, but Tocsin watches; it is blind, or nobody can be notified. */
export const DEGRADED = 3;
export const BLIND = 4;

/** Something that can't be done; `hint` says what to do about it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly hint: string;
  readonly code: typeof FAILED | typeof CALLED_WRONGLY;

  constructor(problem: string, hint: string, code: typeof FAILED | typeof CALLED_WRONGLY = FAILED) {
    super(problem);
    this.hint = hint;
    this.code = code;
  }
}

/** Runs a command and returns its exit code. A `Failure` is written to `err`; other errors are thrown on. */
export async function exitCode(run: () => Promise<number>, err: (text: string) => void): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    err(`${error.message}\n${error.hint}\n`);
    return error.code;
  }
}
