/** What a command can't do, in words: what is wrong, and what to do about it. */

/** Exit codes: all is well; it is not, or it could not be done; it was called wrongly. */
export const OK = 0;
export const FAILED = 1;
export const CALLED_WRONGLY = 2;

export class Failure extends Error {
  readonly hint: string;
  readonly code: typeof FAILED | typeof CALLED_WRONGLY;

  constructor(problem: string, hint: string, code: typeof FAILED | typeof CALLED_WRONGLY = FAILED) {
    super(problem);
    this.name = 'Failure';
    this.hint = hint;
    this.code = code;
  }
}
