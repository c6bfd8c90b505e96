/** When a tool that starts other processes has to end: by a signal, by the end of npm, or when nobody reads it any more. */

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** How often to check that npm is still running. */
const PARENT_CHECK_MS = 300;

/** Calls `end` with an exit code and the reason; perhaps several times. */
export function onEnding(end: (code: number, reason: string) => void): void {
  for (const [signal, code] of Object.entries(SIGNALS)) process.on(signal, () => end(code, `by ${signal}`));
  // When npm is ended, it ends its shell but not what runs in it: a new parent means that npm has ended.
  const { ppid } = process;
  if (process.env['npm_lifecycle_event'] !== undefined) {
    setInterval(() => {
      if (process.ppid !== ppid) end(SIGNALS.SIGTERM, 'by the end of npm');
    }, PARENT_CHECK_MS).unref();
  }
}
