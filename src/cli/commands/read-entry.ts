/** An entry of the audit log that a file holds, for the commands that take one. */
import { readFileSync } from 'node:fs';
import type { EntryBody } from '../../sigma/index.ts';
import { cannotRead } from '../cannot-read.ts';
import { Failure } from '../failure.ts';
import { safe } from '../terminal.ts';

/** Reads one; `-` is the standard input. Throws a `Failure`. */
export function readEntry(path: string): EntryBody {
  const name = path === '-' ? 'the standard input' : path;
  const hint = 'ENTRY.json holds one entry of the audit log, such as {"action": "vm.deleted", "actor": {…}}';
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw cannotRead(name, error, hint);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Failure(`${safe(name)} is not JSON`, hint);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    if (Array.isArray((json as { readonly items?: unknown }).items))
      throw new Failure(`${safe(name)} is a page of entries`, `Take one of its "items". ${hint}`);
    return json as EntryBody;
  }
  throw new Failure(`${safe(name)} is ${Array.isArray(json) ? 'a list' : 'not an object'}`, hint);
}
