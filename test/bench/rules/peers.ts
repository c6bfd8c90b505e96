/**
 * The peers: other libraries that can evaluate rules. They are in ../peers with their own package.json.
 *
 * Contract: nothing here needs them installed, except what is used after `installPeers` returned true.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { schemaOf } from '../peers/json-schema.ts';
import type { PlainRule } from './condition.ts';

const FOLDER = fileURLToPath(new URL('../peers/', import.meta.url).href);

export interface Peer {
  readonly name: string;
  /** The share of entries evaluated at 50 rules: slow peers get fewer. */
  readonly share: number;
}

export const PEERS: readonly Peer[] = [
  { name: 'ajv', share: 0.5 },
  { name: 'ucast', share: 0.5 },
  { name: 'json-logic-engine', share: 0.2 },
  { name: 'mingo', share: 0.2 },
  { name: 'sift', share: 0.1 },
  { name: 'json-rules-engine', share: 0.003 },
];

/** Tries to install the peers; returns whether they are available. */
export function installPeers(say: (text: string) => void): boolean {
  if (arePeersInstalled()) return true;
  say('Installing the peers: npm ci --prefix test/bench/peers …');
  const ended = spawnSync('npm', ['ci', '--prefix', FOLDER, '--no-fund', '--no-audit'], { encoding: 'utf8' });
  if (ended.status === 0 && arePeersInstalled()) return true;
  say(`Running without the peers, which can’t be installed: ${(ended.stderr ?? '').trim().split('\n')[0]}`);
  return false;
}

export function arePeersInstalled(): boolean {
  return existsSync(`${FOLDER}node_modules/json-rules-engine/package.json`);
}

/** The path of a peer's adapter, for bundling. */
export function adapterOf(name: string): string {
  return `${FOLDER}${name}.ts`;
}

interface Ajv {
  addSchema(schema: object, key: string): void;
}

/** The rules compiled ahead by ajv: a module that exports a function per rule, r0, r1 … */
export function ajvStandalone(rules: readonly PlainRule[]): string {
  const require = createRequire(adapterOf('ajv'));
  const { Ajv } = require('ajv') as { Ajv: new (options: object) => Ajv };
  const { default: standalone } = require('ajv/dist/standalone') as {
    default: (ajv: Ajv, exported: Record<string, string>) => string;
  };
  // Error messages are not needed.
  const ajv = new Ajv({ code: { source: true, esm: true }, messages: false, strict: false, unicodeRegExp: false });
  for (const [i, { condition }] of rules.entries()) ajv.addSchema(schemaOf(condition), `r${i}`);
  return standalone(ajv, Object.fromEntries(rules.map((_, i) => [`r${i}`, `r${i}`])));
}
