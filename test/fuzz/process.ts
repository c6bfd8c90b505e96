/** A process that runs the tasks that it is sent (main.ts), one after the other. */
import { createKinds } from './kinds.ts';
import { runKind } from './run.ts';
import type { Task } from './work.ts';

const kinds = createKinds();

process.on('message', async ({ kind: name, ...task }: Task & { readonly seed: number; readonly stop: number }) => {
  const kind = kinds.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`there is no kind ${name}`);
  process.send?.(await runKind(kind, task));
});
