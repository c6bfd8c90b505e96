/**
 * Who uses the command line, as this machine says: the address in Git's settings, by which a team knows its people, else the
 * name of the account. Nobody has checked it, and it is recorded as a claim.
 */
import { execFileSync } from 'node:child_process';
import { oneLine } from '../text/untrusted.ts';

const NAME_MAX = 200;

/** Null: not known. */
export function readUser(env: { readonly [name: string]: string | undefined }): string | null {
  const name = gitEmail() || env.USER || env.USERNAME || '';
  return oneLine(name, NAME_MAX) || null;
}

function gitEmail(): string {
  try {
    const stdio: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['config', 'user.email'], { encoding: 'utf8', stdio, timeout: 5_000 }).trim();
  } catch {
    // There is no Git, or no address.
    return '';
  }
}
