/**
 * Fields that Tocsin computes from an entry, for rules, dedup keys, routes and silences. They are under `tocsin.`, where
 * nothing that an entry claims counts (ledger/store/derived-fields.ts), and are computed when something reads them.
 *
 * Contract: a function of the entry alone, so replay computes the same. Never throws, and takes time linear in the entry.
 */
import { createReadField, type DerivedFields, networkOf, type ReadField } from '../sigma/index.ts';
import { remember } from '../text/remember.ts';
import type { EntryBody } from './entry.ts';
import { pathTemplate } from './path-template.ts';

/** An IPv4 /24, an IPv6 /64: what one attacker may have. */
export const NETWORK_BITS = [24, 64] as const;

/** The network of the entry's address; null: it has none that can be read. */
export function clientNetwork({ client_ip: address }: EntryBody): string | null {
  return typeof address === 'string' ? networkOfClient(address) : null;
}

const networkOfClient = remember((address) => networkOf(address, NETWORK_BITS));
const templateOf = remember(pathTemplate);

/** By their names. */
export const DERIVED_FIELDS: DerivedFields = new Map<string, (entry: EntryBody) => string | undefined>([
  ['tocsin.client_network', (entry) => clientNetwork(entry) ?? undefined],
  ['tocsin.client_family', (entry) => familyOf(clientNetwork(entry))],
  ['tocsin.path_template', ({ path }) => (typeof path === 'string' ? templateOf(path) : undefined)],
]);

/** Reads a field of an entry, derived ones too. */
export const entryField: ReadField = createReadField(DERIVED_FIELDS);

/** Of a network: an IPv4-mapped IPv6 address is IPv4. */
function familyOf(network: string | null): 'ipv4' | 'ipv6' | undefined {
  if (network === null) return undefined;
  return network.includes(':') ? 'ipv6' : 'ipv4';
}
