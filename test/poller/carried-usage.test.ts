/** What an isolate remembers of the day's usage from tick to tick. */
import { expect, it } from 'vitest';
import { newDay } from '../../src/ledger/health/usage.ts';
import type { BeginInput, Begun, LedgerApi } from '../../src/ledger/rpc.ts';
import { carryingUsage, countKvWrite } from '../../src/poller/carried-usage.ts';
import { NOON } from '../ledger/scene.ts';

const INPUT: BeginInput = { kv: null, startAt: NOON, suppressFirstRead: false };
const usageOf = (rowsRead: number) => ({ by: NOON, usage: { ...newDay(NOON), rowsRead } });

/** A ledger that answers with what it counted, and fails while `fails`. */
function countingLedger() {
  const begins: BeginInput[] = [];
  const state = { fails: false, rowsRead: 0 };
  const answer = async <T>(): Promise<T> => {
    if (state.fails) throw new Error('gone');
    return { usage: usageOf(++state.rowsRead) } as T;
  };
  const ledger = {
    begin: (input: BeginInput) => {
      begins.push(input);
      return answer<Begun>();
    },
    record: () => answer(),
    flush: () => answer(),
  } as unknown as LedgerApi;
  return { ledger, begins, state };
}

it('a tick brings what the last answer said, and each KV write once', async () => {
  const { ledger, begins } = countingLedger();
  const carrying = carryingUsage(ledger, 'https://once.example');
  await carrying.begin(INPUT);
  countKvWrite('https://once.example');
  countKvWrite('https://once.example');
  countKvWrite('https://other.example');
  await carrying.record({} as never);
  await carrying.flush(1, 1);
  await carryingUsage(ledger, 'https://once.example').begin(INPUT);
  await carrying.begin(INPUT);
  expect(begins).toEqual([
    { ...INPUT, usage: null, kvWrites: 0 },
    { ...INPUT, usage: usageOf(3), kvWrites: 2 },
    { ...INPUT, usage: usageOf(4), kvWrites: 0 },
  ]);
});

it('what a call that failed was to bring is brought by the next', async () => {
  const { ledger, begins, state } = countingLedger();
  const carrying = carryingUsage(ledger, 'https://fails.example');
  countKvWrite('https://fails.example');
  state.fails = true;
  await expect(carrying.begin(INPUT)).rejects.toThrow('gone');
  countKvWrite('https://fails.example');
  state.fails = false;
  await carrying.begin(INPUT);
  expect(begins.map(({ kvWrites }) => kvWrites)).toEqual([1, 2]);
});

it('a ledger that counts nothing is passed on as it is', async () => {
  const begins: BeginInput[] = [];
  const plain = {
    begin: async (input: BeginInput) => {
      begins.push(input);
      return { waitMs: 0 };
    },
  } as unknown as LedgerApi;
  const carrying = carryingUsage(plain, 'https://plain.example');
  for (let n = 0; n < 2; n++) expect(await carrying.begin(INPUT)).toEqual({ waitMs: 0 });
  expect(begins[1]).toEqual({ ...INPUT, usage: null, kvWrites: 0 });
});
