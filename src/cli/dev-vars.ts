/**
 * The file .dev.vars: the settings of a local run, and the LINK_SECRET that deploy generates. It holds secrets.
 *
 * Contract: the file has mode 0600 from its creation, and one that others could read gets it before a secret is added. It
 * is opened once for each use, so that it may be a pipe of a password manager, which gives its text only once. No problem
 * shows a value.
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CALLED_WRONGLY, Failure } from './failure.ts';

const OWNER_ONLY = 0o600;

/** The variables in its text. Throws a `Failure` that names the line if one is neither `NAME=value` nor a comment. */
export function parseDevVars(text: string): NodeJS.Dict<string> {
  // To Node, a byte order mark would be a part of the first name.
  const content = text.replace(/^\uFEFF/, '');
  // A value in quotes may have several lines.
  const lines = content.replace(QUOTED, (assignment) => assignment.replace(/[^\n]+/g, '#')).split('\n');
  // `NAME: value` is read by `wrangler dev`, but not by Node: nobody should have to find out why only one of them works.
  // So are other blanks than these before a name, and lines that end with CR alone.
  const wrong = lines.findIndex((line) => !/^[ \t]*(#[^\r]*|(export[ \t]+)?[\w.-]+[ \t]*=[^\r]*)?\r?$/.test(line));
  if (wrong === -1) return parseEnv(content);
  const hint = lines[wrong]?.includes(':') ? 'Write NAME=value, with = and not with a colon.' : 'Write NAME=value.';
  throw new Failure(`.dev.vars:${wrong + 1} is not NAME=value`, hint, CALLED_WRONGLY);
}

const QUOTED = /^[^\S\n]*(?:export\s+)?[\w.-]+[^\S\n]*=[^\S\n]*(["'`])[\s\S]*?\1/gm;

/** What was read from the file. */
export interface DevVars {
  readonly vars: NodeJS.Dict<string>;
  /** Its mode, where others could read or write it until now; null: they could not. */
  readonly openMode: number | null;
}

/** Reads the file, and makes it the owner's alone. Null if there is none. Throws a `Failure` that says what to do. */
export function readDevVars(path: string): DevVars | null {
  try {
    return withFile(path, constants.O_RDONLY, (file) => {
      const openMode = restrictToOwner(file);
      return { vars: parseDevVars(readFileSync(file, 'utf8')), openMode };
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Adds a line. Creates the file if there is none. Throws a `Failure` that says what to do. */
export function addToDevVars(path: string, line: string): void {
  // Without O_NONBLOCK, opening a pipe that nobody reads would take forever. Windows has neither.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);
  withFile(path, flags, (file) => {
    if (!fstatSync(file).isFile()) throw notAFile();
    fchmodSync(file, OWNER_ONLY);
    writeSync(file, `\n${line}\n`);
  });
}

function withFile<T>(path: string, flags: number, use: (file: number) => T): T {
  let file: number | null = null;
  try {
    file = openSync(path, flags, OWNER_ONLY);
    return use(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENXIO: a pipe that nobody reads.
    if (code === 'ENXIO' || code === 'EISDIR') throw notAFile();
    if (code !== 'EPERM' && code !== 'EACCES') throw error;
    const hint = 'It holds secrets, so it has to be yours: chown it, or remove it.';
    throw new Failure('.dev.vars belongs to somebody else, or is protected', hint);
  } finally {
    if (file !== null) closeSync(file);
  }
}

function notAFile(): Failure {
  return new Failure('.dev.vars is not a file', 'Make it one; or set LINK_SECRET in what it comes from.');
}

/** Makes a file that others can read or write the owner's alone. Returns its mode before that; null: nothing to do. */
function restrictToOwner(file: number): number | null {
  const stat = fstatSync(file);
  // A folder, or a device such as /dev/null, whose mode is nobody's business here.
  if (!stat.isFile() && !stat.isFIFO()) throw notAFile();
  // Windows has no such modes: Node makes them up.
  if (process.platform === 'win32') return null;
  const mode = stat.mode & 0o777;
  if ((mode & 0o077) === 0) return null;
  fchmodSync(file, OWNER_ONLY);
  return mode;
}
