/** Searches what a process has written, for what should not be on the disk. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files below the folders that hold one of the texts. A folder that does not exist has none. */
export function filesWith(folders: readonly string[], texts: readonly string[]): readonly string[] {
  return folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => texts.some((text) => readFileSync(path).includes(text))),
  );
}
