/**
 * Whose windows an entry is added to, and when: those of the watch, or of a pass over the recorded entries.
 *
 * Contract: where a pass began and how far its steps went is taken from the ledger, and looked at elsewhere (passes-law.ts).
 * What its steps found is not: a pass has plain windows of its own, which see the entries one by one, and the watch adopts
 * them when it has come to the last entry.
 */
import type { Pass, PassStep } from '../../src/ledger/store/passes.ts';
import type { CorrelationRule, Engine } from '../../src/sigma/index.ts';
import type { Evaluating } from './model.ts';
import type { Deployed } from './observer.ts';
import { correlationsBelow, createPlainWindows, type PlainFiring, type PlainWindows } from './plain-windows.ts';

export interface Entries {
  /** Lets windows see the entry with this number. */
  see(windows: PlainWindows, engine: Engine, seq: number, sees: (rule: CorrelationRule) => boolean): PlainFiring[];
  /** Decides about what fired, and about the matches of these detections. */
  evaluate(seq: number, rules: ReadonlySet<string>, firings: readonly PlainFiring[], by: Evaluating): void;
  occurredAt(seq: number): number;
  deployedAtStep(step: number): Deployed;
}

interface ModelPass {
  readonly pass: Pass;
  readonly windows: PlainWindows;
  position: number;
}

/** What happened after an entry: after which act, and what it does. */
interface After {
  readonly act: number;
  readonly run: () => void;
}

export function createModelWindows(passes: readonly Pass[], entries: Entries) {
  const live = createPlainWindows();
  /** By rule: the pass that evaluates it. */
  const owners = new Map<string, ModelPass>();
  const known = new Map<number, ModelPass>();
  const isBehind = ({ id }: CorrelationRule): boolean => owners.has(id);
  const membersOf = (of: ModelPass, engine: Engine): readonly CorrelationRule[] =>
    engine.correlations.filter(({ id }) => owners.get(id) === of);

  /** A pass sees entries up to one of them; those of its rules that may fire, fire. */
  const goTo = (of: ModelPass, position: number, by: Evaluating): void => {
    const { engine } = by.deployed;
    const { rules, backfill } = of.pass;
    const meant = backfill === null ? membersOf(of, engine) : engine.correlations.filter(({ id }) => id in rules);
    const seen = new Set([...meant, ...meant.flatMap((rule) => correlationsBelow(rule, engine))]);
    const ids = new Set(backfill === null ? meant.map(({ id }) => id) : Object.keys(rules));
    for (let seq = of.position + 1; seq <= position; seq++) {
      const firings = entries.see(of.windows, engine, seq, (rule) => seen.has(rule));
      const at = entries.occurredAt(seq);
      const isMeant = backfill === null || (at >= backfill.since && (backfill.before === null || at < backfill.before));
      if (!isMeant) continue;
      const due = firings.filter(({ rule: { id } }) => ids.has(id) && seq > (rules[id] ?? 0));
      entries.evaluate(seq, backfill === null ? new Set() : ids, due, by);
    }
    of.position = position;
  };

  /** The watch takes over the rules of a pass that is at the last entry, but those that refer to what is behind elsewhere. */
  const handOver = (of: ModelPass, engine: Engine): void => {
    let whole = membersOf(of, engine);
    for (let count = -1; count !== whole.length; ) {
      count = whole.length;
      const rest = whole;
      whole = rest.filter((rule) =>
        correlationsBelow(rule, engine).every((each) => !isBehind(each) || rest.includes(each)),
      );
    }
    for (const rule of whole) {
      live.adopt(of.windows, rule, engine);
      owners.delete(rule.id);
    }
  };

  const plan = (pass: Pass, next: Engine): void => {
    const of: ModelPass = { pass, windows: createPlainWindows(), position: pass.from };
    known.set(pass.id, of);
    if (pass.backfill !== null) return;
    for (const id of Object.keys(pass.rules)) owners.set(id, of);
    if (pass.steps.length > 0 || pass.outcome !== 'done') return;
    // It was through before anything else was recorded, and so has decided nothing.
    const engine = next;
    const seen = membersOf(of, engine).flatMap((rule) => [rule, ...correlationsBelow(rule, engine)]);
    for (let seq = of.position + 1; seq <= pass.planned.seq; seq++)
      entries.see(of.windows, engine, seq, (rule) => seen.includes(rule));
    handOver(of, engine);
  };

  const take = (pass: Pass, { number, seq, position }: PassStep): void => {
    const of = known.get(pass.id) as ModelPass;
    const deployed = entries.deployedAtStep(number);
    const { backfill } = pass;
    goTo(of, position, { deployed, backfill, seq: seq + 1 });
    if (backfill === null && position === seq) handOver(of, deployed.engine);
  };

  return {
    /** What the watch misses. */
    absences: (engine: Engine) => live.absences(engine).filter(({ rule }) => !isBehind(rule)),
    settle: live.settle,
    /** Lets the watch see an entry. */
    watch: (engine: Engine, seq: number): PlainFiring[] => entries.see(live, engine, seq, (rule) => !isBehind(rule)),
    /** What passes do after an entry, before the next one, whose rules are given. */
    after: (seq: number, next: Engine): readonly After[] => {
      const steps = passes.flatMap((pass) =>
        pass.steps
          .filter((step) => step.seq === seq)
          .map((step) => ({ order: step.number, act: step.act, run: () => take(pass, step) })),
      );
      const plans = passes
        .filter(({ planned }) => planned.seq === seq)
        .map((pass) => ({ order: pass.planned.step + 0.5, act: -1, run: () => plan(pass, next) }));
      const inOrder = [...plans, ...steps].sort((a, b) => a.order - b.order);
      let act = -1;
      const all = inOrder.map((each): After => {
        act = Math.max(act, each.act);
        return { act, run: each.run };
      });
      // What changed and has no pass begins with nothing.
      return [...all, { act: Number.MAX_SAFE_INTEGER, run: () => live.keepOnly(next) }];
    },
  };
}
