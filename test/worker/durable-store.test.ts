/** The Store over a Durable Object's SQLite does what every Store must, and has the same limits as the one of Node. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { durableStore } from '../../src/ledger/store/durable-store.ts';
import { storeContract } from '../ledger/store/store.contract.ts';

storeContract('a Durable Object', async (use) => {
  const stub = env.LEDGER.get(env.LEDGER.newUniqueId());
  await runInDurableObject(stub, (_, { storage }) => use(durableStore(storage)));
});
