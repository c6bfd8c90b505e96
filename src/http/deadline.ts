/** Waiting, with a limit. */

/** The result of `work`, or `late` after `timeoutMs`; then the signal aborts and `work` is not waited for. */
export async function within<T>(timeoutMs: number, late: T, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { promise: over, resolve } = Promise.withResolvers<T>();
  const timer = setTimeout(() => {
    resolve(late);
    controller.abort();
  }, timeoutMs);
  try {
    return await Promise.race([work(controller.signal), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
