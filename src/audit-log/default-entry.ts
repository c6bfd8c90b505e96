/**
 * The entry that rules' tests differ from: an ordinary successful read by a person, at noon of a Monday, UTC.
 *
 * Contract: it has every field that is documented, in the documented shape. No rule of the pack matches it.
 */
import type { EntryBody } from './entry.ts';

export const DEFAULT_ENTRY: EntryBody = {
  // Tests number their entries in the last digits.
  id: 'a1d17000-0000-4000-8000-000000000000',
  action: 'vm.read',
  actor: { id: 'u-1', name: 'Alice Smith', type: 'user' },
  client_ip: '203.0.113.1',
  created_at: '2026-01-05T12:00:00Z',
  method: 'GET',
  path: '/v1/compute/vms/v-1',
  status_code: 200,
  user_agent: 'Mozilla/5.0',
  target: { id: 'v-1', type: 'vm' },
};
