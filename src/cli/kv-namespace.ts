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

const BINDING = /^\[\[kv_namespaces\]\][^\n]*\n(?:(?!\s*\[)[^\n]*\n)*?\s*binding\s*=\s*"KV"[^\n]*$/m;
const BLOCK = /^\[\[kv_namespaces\]\][^\n]*\n(?:(?!\s*\[)[^\n]*(?:\n|$))*/gm;

/** The namespace that wrangler.toml names. */
export function readKvNamespace(toml: string): KvNamespace {
  const name = /^name\s*=\s*"([^"]+)"/m.exec(toml)?.[1] ?? 'tocsin';
  const block = (toml.match(BLOCK) ?? []).find((text) => BINDING.test(text)) ?? '';
  return { title: `${name}-kv`, id: /^\s*id\s*=\s*"([^"]*)"/m.exec(block)?.[1] ?? null };
}

/** wrangler.toml with the id of the namespace. Throws a `Failure` if it has another one, or no place for it. */
export function withKvNamespace(toml: string, id: string): string {
  const { id: now } = readKvNamespace(toml);
  if (now === id) return toml;
  if (now !== null) throw new Failure('wrangler.toml names another KV namespace', `Its id there is ${now}, not ${id}.`);
  if (!BINDING.test(toml)) {
    throw new Failure('wrangler.toml has no KV namespace', `Add: [[kv_namespaces]], binding = "KV", id = "${id}"`);
  }
  return toml.replace(BINDING, (block) => `${block}\nid = "${id}"`);
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
