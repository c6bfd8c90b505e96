/** Calls back when something in a folder has changed: files, those in folders below, and what comes and goes. */
import { watch } from 'node:fs';

/** Editors write a file in several steps. */
const SETTLE_MS = 100;

/** Watches until the returned function is called, or the process ends. Changes within a moment are one. */
export function watchFolder(folder: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
