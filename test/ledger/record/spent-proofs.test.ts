/** Proofs that are over before they expire, and the ledger's own id. */
import { describe, expect, it } from 'vitest';
import type { AccessProof } from '../../../src/ledger/rpc.ts';
import { readLedgerId } from '../../../src/ledger/store/identity.ts';
import { readState, writeState } from '../../../src/ledger/store/state.ts';
import { createScene, HOUR, MINUTE, NOON } from '../scene.ts';

/** A session of twelve hours; `madeAt` and its expiry follow each other. */
const session = (id: string, madeAt = NOON, holder: string | null = 'ada'): AccessProof => ({
  ...{ id, holder, madeAt, ledger: null },
  expiresAt: madeAt + 12 * HOUR,
});

describe('a proof', () => {
  it('is spent once, until it expires', () => {
    const { ledger, store } = createScene([]);
    const short: AccessProof = { ...session('a'), expiresAt: NOON + HOUR };
    expect(ledger.isProofSpent(short)).toBe(false);
    expect(ledger.spendProof(short, NOON)).toBe(true);
    expect([short, { ...short, id: 'aa' }, { ...short, holder: 'bob' }].map((of) => ledger.isProofSpent(of))).toEqual([
      true,
      false,
      false,
    ]);
    expect(ledger.spendProof(short, NOON + MINUTE)).toBe(false);
    expect(ledger.spendProof(session('b'), NOON + MINUTE)).toBe(true);
    expect(store.all('SELECT id FROM spent_proofs')).toHaveLength(2);
    // Expired rows go with the next one, when no clock takes them any more.
    ledger.spendProof(session('c'), NOON + HOUR + MINUTE);
    expect(store.all('SELECT id FROM spent_proofs ORDER BY id')).toHaveLength(3);
    ledger.spendProof(session('d'), NOON + HOUR + MINUTE + 1);
    expect(store.all('SELECT id FROM spent_proofs ORDER BY id')).toEqual([{ id: 'b' }, { id: 'c' }, { id: 'd' }]);
  });

  it('stays spent when the ledger is opened again', () => {
    const scene = createScene([]);
    scene.ledger.spendProof(session('a'), NOON);
    expect(scene.reopened().ledger.isProofSpent(session('a'))).toBe(true);
  });

  it('costs its holder a few rows, however often it signs in and out', () => {
    const { ledger, store } = createScene([]);
    for (let n = 0; n < 20; n++) expect(ledger.spendProof(session(`s-${n}`, NOON + n), NOON + n)).toBe(true);
    expect(ledger.isProofSpent(session('kept', NOON))).toBe(false);
    for (let n = 20; n < 1_000; n++) {
      expect(ledger.spendProof(session(`s-${n}`, NOON + n), NOON + n)).toBe(true);
      expect(ledger.isProofSpent(session(`s-${n}`, NOON + n))).toBe(true);
    }
    const [rows] = store.all<{ n: number }>('SELECT count(*) AS n FROM spent_proofs');
    expect(rows?.n).toBeLessThanOrEqual(20);
    // All that were ended stay so; one that was forgotten about is over too; a later one is not, nor another's.
    for (let n = 0; n < 1_000; n++) expect(ledger.isProofSpent(session(`s-${n}`, NOON + n))).toBe(true);
    expect(ledger.isProofSpent(session('kept', NOON))).toBe(true);
    expect(ledger.isProofSpent(session('new', NOON + 1_000))).toBe(false);
    expect(ledger.isProofSpent(session('kept', NOON, 'bob'))).toBe(false);
  });

  it('of the operator is one row each', () => {
    const { ledger, store } = createScene([]);
    for (let n = 0; n < 100; n++) expect(ledger.spendProof(session(`t-${n}`, NOON, null), NOON)).toBe(true);
    expect(store.all('SELECT id FROM spent_proofs')).toHaveLength(100);
    expect(ledger.spendProof(session('t-7', NOON, null), NOON)).toBe(false);
    expect(ledger.spendProof(session('t-new', NOON, null), NOON)).toBe(true);
  });

  it('of another ledger is over, and costs no row', () => {
    const { ledger, store } = createScene([]);
    const own = { ...session('a'), ledger: readLedgerId(store) };
    const foreign = { ...session('b'), ledger: readLedgerId(createScene([]).store) };
    for (const proof of [foreign, { ...foreign, ledger: '' }]) {
      expect([ledger.isProofSpent(proof), ledger.spendProof(proof, NOON)]).toEqual([true, false]);
    }
    expect(store.all('SELECT id FROM spent_proofs')).toEqual([]);
    expect([ledger.isProofSpent(own), ledger.spendProof(own, NOON), ledger.isProofSpent(own)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('of before a restore is over, since the restored ledger has forgotten which were', () => {
    const scene = createScene([]);
    scene.record([]);
    const state = readState(scene.store);
    if (state === null) throw new Error('no state');
    const restored = { id: 'r', at: NOON + HOUR, to: NOON, undo: 'bookmark' };
    writeState(scene.store, { ...state, restored });
    const made = [NOON, NOON + HOUR - 1, NOON + HOUR, NOON + HOUR + 1];
    expect(made.map((at) => scene.ledger.isProofSpent(session('a', at)))).toEqual([true, true, false, false]);
    // Nor does a copy of an operator's request act again.
    expect(made.map((at) => scene.ledger.spendProof(session(`t-${at}`, at, null), at))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});

describe("the ledger's id", () => {
  it('is its own, and stays', () => {
    const [one, other] = [createScene([]), createScene([])];
    const id = readLedgerId(one.store);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(readLedgerId(other.store)).not.toBe(id);
    one.record([]);
    expect(readLedgerId(one.reopened().store)).toBe(id);
  });
});
