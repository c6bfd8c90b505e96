/**
 * The file .dev.vars: the settings of a local run, and the LINK_SECRET that deploy generates. It holds secrets.
 *
 * Contract: the file has mode 0600 from its creation, and one that others could read gets it before a secret is added. No
 * problem shows a value.
 */
import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CALLED_WRONGLY, Failure } from './failure.ts';

const OWNER_ONLY = 0o600;

/** The variables in its text. Throws a `Failure` that names the line if one is neither `NAME=value` nor a comment. */
export function parseDevVars(text: string): NodeJS.Dict<string> {
  // A value in quotes may have several lines.
  const lines = text.replace(QUOTED, (assignment) => assignment.replace(/[^\n]+/g, '#')).split('\n');
  // `NAME: value` is read by `wrangler dev`, but not by Node: nobody should have to find out why only one of them works.
  const wrong = lines.findIndex((line) => !/^\s*(#|$)|^\s*(export\s+)?[\w.-]+\s*=/.test(line));
  if (wrong === -1) return parseEnv(text);
  const hint = lines[wrong]?.includes(':') ? 'Write NAME=value, with = and not with a colon.' : 'Write NAME=value.';
  throw new Failure(`.dev.vars:${wrong + 1} is not NAME=value`, hint, CALLED_WRONGLY);
}

const QUOTED = /^[^\S\n]*(?:export\s+)?[\w.-]+[^\S\n]*=[^\S\n]*(["'`])[\s\S]*?\1/gm;

/** Adds a line. Creates the file if there is none. */
export function addToDevVars(path: string, line: string): void {
  const file = openSync(path, 'a', OWNER_ONLY);
  try {
    fchmodSync(file, OWNER_ONLY);
    writeSync(file, `\n${line}\n`);
  } finally {
    closeSync(file);
  }
}

/** Makes a file that others can read or write the owner's alone. Returns its mode before that; null: nothing to do. */
export function restrictToOwner(path: string): number | null {
  // Windows has no such modes: Node makes them up.
  if (process.platform === 'win32') return null;
  const file = openSync(path, 'r');
  try {
    const mode = fstatSync(file).mode & 0o777;
    if ((mode & 0o077) === 0) return null;
    fchmodSync(file, OWNER_ONLY);
    return mode;
  } finally {
    closeSync(file);
  }
}
