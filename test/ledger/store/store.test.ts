import { nodeStore } from '../../../src/ledger/store/node-store.ts';
import { storeContract } from './store.contract.ts';

storeContract('node:sqlite', (use) => {
  const store = nodeStore();
  try {
    use(store);
  } finally {
    store.close();
  }
});
