/** The rewind in KV, which holds one at a time: another would replace one that no tick has applied yet. */
import { type Rewind, rewindFrom } from '../audit-log/checkpoint-text.ts';
import { KV_REWIND } from '../poller/poll.ts';
import type { AppDeps } from './context.ts';

export type FoundRewind =
  | { readonly isWaiting: boolean; readonly rewind: Rewind }
  | { readonly isWaiting: false; readonly rewind: null };

/** The rewind in KV, and whether it still waits for a tick. */
export async function findRewind(kv: KVNamespace, ledger: AppDeps['ledger']): Promise<FoundRewind> {
  const read = rewindFrom((await kv.get([KV_REWIND])).get(KV_REWIND) ?? '');
  if (!read.ok) return { isWaiting: false, rewind: null };
  const applied = (await ledger?.status())?.rewinds ?? [];
  return { isWaiting: !applied.includes(read.value.id), rewind: read.value };
}

/** Why nothing is written to KV now. */
export function waitingMessage({ to }: Rewind): { readonly message: string } {
  const at = new Date(to).toISOString();
  return { message: `a rewind to ${at} is waiting for the next tick: try again in a minute or two` };
}
