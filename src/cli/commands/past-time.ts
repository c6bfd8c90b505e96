/** A time in the past, as commands take it: RFC 3339, or a duration back from now. */
import { readStartAt } from '../../config/values.ts';
import { UsageError } from './command.ts';

/**
 * The time in an option, ms since the epoch; never in the future. Throws a `UsageError` that ends in `missing` where there is
 * none, and in `future` where it is in the future.
 */
export function readPastTime(
  option: string,
  text: string | undefined,
  now: number,
  { missing, future }: { readonly missing: string; readonly future: string },
): number {
  const read = readStartAt({ [option]: text }, option);
  switch (read.kind) {
    case 'absent':
      throw new UsageError(`--${option} is missing: ${missing}`);
    case 'wrong':
      throw new UsageError(`--${option} ${read.problem}`);
    case 'value': {
      const at = read.value.kind === 'at' ? read.value.ms : now - read.value.agoMs;
      if (at > now) throw new UsageError(`--${option} is in the future: ${future}`);
      if (at < 0) throw new UsageError(`--${option} is before 1970`);
      return at;
    }
  }
}
