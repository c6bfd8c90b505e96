/** The memory of workerd processes below this one, as Linux counts it (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

const EVERY_MS = 200;
const PAGE_BYTES = 4_096;

/** Watches those that start from now on, until `stop`, which returns the most bytes that they held at once; null without /proc. */
export function watchMemory(): { stop(): number | null } {
  let most: number | null = null;
  const before = new Set(workers().keys());
  const look = (): void => {
    const held = [...workers()].filter(([id]) => !before.has(id)).map(([, bytes]) => bytes);
    if (held.length === 0) return;
    most = Math.max(
      most ?? 0,
      held.reduce((sum, bytes) => sum + bytes, 0),
    );
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return most;
    },
  };
}

/** Process → its bytes. */
function workers(): Map<number, number> {
  const processes = new Map<number, { readonly parent: number; readonly name: string; readonly bytes: number }>();
  try {
    for (const id of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
      const read = readProcess(id);
      if (read !== null) processes.set(id, read);
    }
  } catch {
    return new Map();
  }
  const isBelow = (id: number): boolean => {
    const parent = processes.get(id)?.parent;
    return parent !== undefined && (parent === process.pid || isBelow(parent));
  };
  const found = [...processes].filter(([id, { name }]) => name === 'workerd' && isBelow(id));
  return new Map(found.map(([id, { bytes }]) => [id, bytes]));
}

/** Null for one that has ended meanwhile. */
function readProcess(id: number): { parent: number; name: string; bytes: number } | null {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), name, bytes: Number(fields[21]) * PAGE_BYTES };
  } catch {
    return null;
  }
}
