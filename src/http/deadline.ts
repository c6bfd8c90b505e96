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

/** Resolves after `ms`, or once `signal` aborts. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
}
