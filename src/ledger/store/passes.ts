/** Passes over the recorded entries (record/pass.ts), as they are stored: a row each, kept as long as entries are. */
import type { Store } from './store.ts';

/** Times are wall, ms, unless they say otherwise; entries are named by their numbers. */
export interface Pass {
  readonly id: number;
  readonly beganAt: number;
  /** `clearing`: it has ended, and windows that were only its own are being deleted. */
  readonly state: 'running' | 'clearing' | 'over';
  /** Null while it runs. `stopped`: it had no rule left, or `problem` says why. */
  readonly outcome: 'done' | 'cancelled' | 'stopped' | null;
  readonly problem: string | null;
  readonly endedAt: number | null;
  /** By the ids of its rules: the last entry of which they only build windows. Of a backfill, 0. */
  readonly rules: { readonly [rule: string]: number };
  /** The last entry, and the last step of a pass, when it was planned. */
  readonly planned: { readonly seq: number; readonly step: number };
  /** Null: it builds the windows of rules that changed. */
  readonly backfill: Backfill | null;
  /** It began after this entry, and has come to `position`. */
  readonly from: number;
  readonly position: number;
  /** Its last entry; null: the last that is recorded. */
  readonly until: number | null;
  /** How often its next step was tried; when it last was. */
  readonly tries: number;
  readonly triedAt: number;
  /** How many entries it read, and how many of them could not be evaluated. */
  readonly entries: number;
  readonly skipped: number;
  /** How many matches it put into alerts, and how many alerts these opened. */
  readonly matches: number;
  readonly opened: number;
  /** Under these its own windows are stored. */
  readonly scratch: readonly string[];
  /** For a replay: its steps that decided something. */
  readonly steps: readonly PassStep[];
}

export interface PassStep {
  /** Of all passes, in their order. */
  readonly number: number;
  /** The last entry and the last act when it came. */
  readonly seq: number;
  readonly act: number;
  /** How far it went. */
  readonly position: number;
}

/** Matches of the past that are to be alerts. */
export interface Backfill {
  /** The rule's meaning when it was asked for. */
  readonly meaning: string;
  /** Of entries that occurred from then on and before then (event times, ms). */
  readonly since: number;
  readonly before: number | null;
  readonly notify: boolean;
  readonly who: string;
}

/** Null where it is not there. */
export function readPass(store: Store, id: number): Pass | null {
  const row = store.all<{ value: string }>('SELECT value FROM passes WHERE id = ?', id)[0];
  return row === undefined ? null : (JSON.parse(row.value) as Pass);
}

/** The last passes, the newest first. */
export function lastPasses(store: Store, most: number): readonly Pass[] {
  const rows = store.all<{ value: string }>('SELECT value FROM passes ORDER BY id DESC LIMIT ?', most);
  return rows.map(({ value }) => JSON.parse(value) as Pass);
}

export function writePass(store: Store, pass: Pass): void {
  store.run(
    `INSERT INTO passes (id, began_at, value) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value`,
    pass.id,
    pass.beganAt,
    JSON.stringify(pass),
  );
}

/** A pass that is about to begin. */
export function newPass(of: Pick<Pass, 'id' | 'beganAt' | 'rules' | 'planned' | 'backfill' | 'from' | 'until'>): Pass {
  return {
    ...of,
    ...{ state: 'running', outcome: null, problem: null, endedAt: null, position: of.from, tries: 0, triedAt: 0 },
    ...{ entries: 0, skipped: 0, matches: 0, opened: 0, scratch: [], steps: [] },
  };
}
