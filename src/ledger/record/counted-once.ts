/**
 * Makes an id count once: what the earlier versions of a revision have counted in windows and alerts.
 *
 * Contract: pure except for the windows. The earlier versions are evaluated with the rules as they are now, in their
 * order. In a window (a group, and any stretch of the timespan) an id is one event, with the rules that its versions
 * satisfy: of the temporal types a revision adds the rules that were not satisfied yet, of the others it adds nothing where
 * a version counts already. Events of correlations that the revision completes are not its own, and always count.
 */
import { dedupKey, keyText } from '../../alert/key.ts';
import type { CorrelationRule, Correlator, Engine, Rule, WindowEvent, Windows } from '../../sigma/index.ts';
import type { Accepted } from '../model.ts';

export interface Earlier {
  readonly seqs: readonly number[];
  /** The times at which earlier versions match a detection with this dedup key. */
  matchedAt(rule: Rule, key: string): readonly number[];
  /** `windows`, to which events are added without what has been counted. */
  uncounted(windows: Windows): Windows;
}

/** What an earlier version has added to a window. */
interface Counted {
  readonly rule: string;
  readonly key: string;
  readonly at: number;
  /** The detections that it satisfies, as places in the correlation's `rules`. */
  readonly rules: readonly number[];
}

/** What the earlier versions of a revision have counted; `versions` in their order. */
export function earlierOf(versions: readonly Accepted[], engine: Engine, correlator: Correlator): Earlier {
  const counted: Counted[] = [];
  const matched: { readonly rule: string; readonly key: string; readonly at: number }[] = [];
  const isDetection = (id: string | undefined): boolean => engine.rules.get(id ?? '')?.kind === 'detection';

  const uncounted = (windows: Windows | null): Windows => ({
    open: (rule, group) => {
      const key = keyText(group);
      return {
        add: (event, horizon, findLater) => {
          const rules = uncountedRules(event, rule, key);
          if (rules.length === 0) return null;
          counted.push({ rule: rule.id, key, at: event.at, rules: rules.filter((i) => isDetection(rule.rules[i])) });
          return windows === null ? null : windows.open(rule, group).add({ ...event, rules }, horizon, findLater);
        },
        save: () => '',
        dropped: 0,
      };
    },
  });

  const uncountedRules = ({ at, rules }: WindowEvent, rule: CorrelationRule, key: string): readonly number[] => {
    const known = counted
      .filter((each) => each.rule === rule.id && each.key === key && Math.abs(each.at - at) < rule.timespanMs)
      .flatMap((each) => each.rules);
    if (known.length === 0) return rules;
    const isTemporal = rule.type === 'temporal' || rule.type === 'temporal_ordered';
    return rules.filter((i) => !isDetection(rule.rules[i]) || (isTemporal && !known.includes(i)));
  };

  for (const { occurredAt: at, body } of versions) {
    const matches = engine.evaluate(body, at);
    for (const { rule } of matches) {
      matched.push({ rule: rule.id, key: keyText(dedupKey(rule, body, null)), at });
    }
    correlator.correlate({ at, body, matches }, at, uncounted(null));
  }
  return {
    seqs: versions.map(({ seq }) => seq),
    matchedAt: (rule, key) => matched.filter((each) => each.rule === rule.id && each.key === key).map(({ at }) => at),
    uncounted,
  };
}
