/** Reading the body of an answer or a request carefully: whole, in time, and never past a cap. Runs in workerd and in Node. */

/** The body's bytes; null where it is longer than `maxBytes`, and then it is read no further. Throws the signal's reason. */
export async function readBytes(
  { body, headers }: Response | Request,
  stop: AbortSignal,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  try {
    const parts: Uint8Array[] = [];
    // What the header announces is as good as read; without one the bytes are counted as they come.
    if (Number(headers.get('content-length') ?? 0) > maxBytes) return null;
    let length = 0;
    for (;;) {
      const { done, value } = await abortable(reader.read(), stop);
      if (done) return joined(parts, length);
      length += value.byteLength;
      if (length > maxBytes) return null;
      parts.push(value);
    }
  } finally {
    // Closes the connection where the body was left unread. Not awaited: a dead connection need not answer.
    reader.cancel().catch(() => {});
  }
}

/** The promise, or the signal's reason when that comes first: not every `fetch` heeds its signal to the end. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
