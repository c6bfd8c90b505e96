/**
 * The KV namespace in wrangler.toml. Pure, except for what asks wrangler.
 *
 * wrangler creates the namespace at the first deployment, as `<Worker's name>-kv`, and can't if there is one of that name:
 * `npx wrangler delete` leaves it, and so does a first deployment that fails after that step.
 */
import { parseJson } from '../text/json.ts';
import { Failure } from './failure.ts';
import type { RunWrangler } from './wrangler.ts';

export interface KvNamespace {
  /** The name that wrangler gives it. */
  readonly title: string;
  /** Null: wrangler finds it by the Worker, or creates it. */
  readonly id: string | null;
}

const NAMESPACES = /^\s*\[\[\s*kv_namespaces\s*\]\]/;
const TABLE = /^\s*\[/;
/** A text in either kind of TOML's quotes. https://toml.io/en/v1.0.0#string */
const ASSIGNMENT = /^\s*(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')/;

interface Found extends KvNamespace {
  /** The line with its binding; null if there is no such namespace. */
  readonly bindingAt: number | null;
}

function find(lines: readonly string[]): Found {
  let table = '';
  let name = 'tocsin';
  /** Of the [[kv_namespaces]] that is being read. */
  let id: string | null = null;
  let bindingAt: number | null = null;
  for (const [i, line] of lines.entries()) {
    if (TABLE.test(line)) {
      if (bindingAt !== null) break;
      table = NAMESPACES.test(line) ? 'kv' : 'other';
      id = null;
    }
    const [, key, quoted, literal] = ASSIGNMENT.exec(line) ?? [];
    const value = quoted ?? literal ?? '';
    if (table === '' && key === 'name') name = value;
    if (table === 'kv' && key === 'id') id = value;
    if (table === 'kv' && key === 'binding' && value === 'KV') bindingAt = i;
  }
  return { title: `${name}-kv`, id: bindingAt === null ? null : id, bindingAt };
}

/** The namespace that wrangler.toml names. */
export function readKvNamespace(toml: string): KvNamespace {
  const { title, id } = find(toml.split('\n'));
  return { title, id };
}

/** wrangler.toml with the id of the namespace. Throws a `Failure` if it has another one, or no place for it. */
export function withKvNamespace(toml: string, id: string): string {
  const lines = toml.split('\n');
  const { id: now, bindingAt } = find(lines);
  if (now === id) return toml;
  if (now !== null) throw new Failure('wrangler.toml names another KV namespace', `Its id there is ${now}, not ${id}.`);
  if (bindingAt === null) {
    throw new Failure('wrangler.toml has no KV namespace', `Add: [[kv_namespaces]], binding = "KV", id = "${id}"`);
  }
  const end = toml.includes('\r\n') ? '\r' : '';
  const before = lines.slice(0, bindingAt + 1);
  const after = lines.slice(bindingAt + 1);
  // A last line without a line break.
  if (after.length === 0) return [`${before.join('\n')}${end}`, `id = "${id}"`].join('\n');
  return [...before, `id = "${id}"${end}`, ...after].join('\n');
}

/** What an id looks like. */
export function isKvNamespaceId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** The id of the account's namespace of this name; null if there is none, or wrangler can't say. */
export async function findKvNamespace(title: string, wrangler: RunWrangler): Promise<string | null> {
  const { code, stdout } = await wrangler(['kv', 'namespace', 'list'], { show: false });
  const list = code === 0 ? parseJson(stdout.slice(stdout.indexOf('['))) : null;
  const found = Array.isArray(list) ? list.find((namespace) => namespace?.title === title)?.id : null;
  return typeof found === 'string' && isKvNamespaceId(found) ? found : null;
}
