/** The rules of a Git ref, in a temporary folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CALLED_WRONGLY, Failure } from '../failure.ts';
import { safe } from '../terminal.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Calls `read` with a folder that has what `folder` had at `ref`. Throws a `Failure` if there is no such ref, or it has no rules.
 */
export function withRulesAt<T>(ref: string, folder: string, read: (folder: string) => T): T {
  const commit = git(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])?.trim();
  if (commit === undefined) {
    throw new Failure(
      `${safe(ref)} is no commit that Git knows in ${safe(folder)}`,
      'Name a branch, a tag or a commit, such as main or origin/main. In CI, fetch it first: git fetch origin main',
      CALLED_WRONGLY,
    );
  }
  const paths =
    git(folder, ['ls-tree', '-r', '-z', '--name-only', commit])
      ?.split('\0')
      .filter((path) => path !== '') ?? [];
  if (!paths.some((path) => /\.ya?ml$/.test(path)))
    throw new Failure(
      `${safe(ref)} has no rules in ${safe(folder)}`,
      'Name another commit, or the folder: --rules DIR',
    );
  const copy = mkdtempSync(join(tmpdir(), 'tocsin-rules-'));
  try {
    for (const path of paths) {
      const to = join(copy, path);
      mkdirSync(dirname(to), { recursive: true });
      writeFileSync(to, git(folder, ['show', `${commit}:./${path}`]) ?? '');
    }
    return read(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** What Git prints; undefined where it fails. */
function git(folder: string, args: readonly string[]): string | undefined {
  try {
    const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio, maxBuffer: MAX_BYTES });
  } catch {
    return undefined;
  }
}
