/**
 * Reads the body of a request or a response: bounded in bytes and in time. Pure of clocks; works in workerd and in Node.
 */

/** The whole body, or null if it is longer than `maxBytes`. Throws the signal's reason once `stop` aborts. */
export async function readBytes(
  message: Response | Request,
  stop: AbortSignal,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const declared = declaredLength(message.headers);
  if (declared !== null && declared > maxBytes) {
    message.body?.cancel().catch(() => {});
    return null;
  }
  // HTTP ends a body at its declared length: in one read, which is many times faster than in pieces of a few KB.
  if (declared !== null && !isEncoded(message.headers)) {
    const bytes = new Uint8Array(await abortable(message.arrayBuffer(), stop));
    return bytes.byteLength > maxBytes ? null : bytes;
  }
  // Otherwise the bytes are counted as they arrive.
  const { bytes, isWhole } = await readStart(message, stop, maxBytes);
  return isWhole ? bytes : null;
}

function declaredLength(headers: Headers): number | null {
  const text = headers.get('content-length');
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

/** Whether the length that a body has once it is read is not the declared one. */
function isEncoded(headers: Headers): boolean {
  return headers.has('content-encoding') || headers.has('transfer-encoding');
}

/** At most the first `maxBytes` of the body; the rest is not read. Throws the signal's reason once `stop` aborts. */
export async function readStart(
  { body }: Response | Request,
  stop: AbortSignal,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly isWhole: boolean }> {
  if (body === null) return { bytes: new Uint8Array(), isWhole: true };
  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  try {
    return await abortable(readParts(reader, maxBytes), stop);
  } finally {
    // Closes the connection if some of the body is unread. Not awaited: a dead connection may never answer.
    reader.cancel().catch(() => {});
  }
}

async function readParts(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly isWhole: boolean }> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: joined(parts, length), isWhole: true };
    parts.push(value);
    length += value.byteLength;
    if (length > maxBytes) return { bytes: joined(parts, length).slice(0, maxBytes), isWhole: false };
  }
}

/** Settles as `promise` does, or rejects with the signal's reason if that comes first: not every `fetch` stops on its signal. */
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
