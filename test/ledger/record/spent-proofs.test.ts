/** Proofs that are over before they expire, and the ledger's own id. */
import { describe, expect, it } from 'vitest';
import { readLedgerId } from '../../../src/ledger/store/identity.ts';
import { readState, writeState } from '../../../src/ledger/store/state.ts';
import { createScene, HOUR, MINUTE, NOON } from '../scene.ts';

const ID = '0123456789abcdef';

describe('a proof', () => {
  it('is spent once, until it expires', () => {
    const { ledger, store } = createScene([]);
    expect(ledger.isProofSpent(ID, NOON)).toBe(false);
    expect(ledger.spendProof(ID, NOON + HOUR, NOON)).toBe(true);
    expect([ledger.isProofSpent(ID, NOON), ledger.isProofSpent(`${ID}0`, NOON)]).toEqual([true, false]);
    expect(ledger.spendProof(ID, NOON + HOUR, NOON + MINUTE)).toBe(false);
    expect(ledger.spendProof('other', NOON + 2 * HOUR, NOON + MINUTE)).toBe(true);
    expect(store.all('SELECT id FROM spent_proofs')).toHaveLength(2);
    // Expired rows go with the next one.
    ledger.spendProof('third', NOON + 3 * HOUR, NOON + HOUR + 1);
    expect(store.all('SELECT id FROM spent_proofs ORDER BY until')).toEqual([{ id: 'other' }, { id: 'third' }]);
  });

  it('stays spent when the ledger is opened again', () => {
    const scene = createScene([]);
    scene.ledger.spendProof(ID, NOON + HOUR, NOON);
    expect(scene.reopened().ledger.isProofSpent(ID, NOON)).toBe(true);
  });

  it('of before a restore is over, since the restored ledger has forgotten which were', () => {
    const scene = createScene([]);
    scene.record([]);
    const state = readState(scene.store);
    if (state === null) throw new Error('no state');
    const restored = { id: 'r', at: NOON + HOUR, to: NOON, undo: 'bookmark' };
    writeState(scene.store, { ...state, restored });
    const since = [NOON, NOON + HOUR - 1, NOON + HOUR, NOON + HOUR + 1];
    expect(since.map((at) => scene.ledger.isProofSpent(ID, at))).toEqual([true, true, false, false]);
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
