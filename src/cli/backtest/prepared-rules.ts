/** Rules as a backtest runs them: as the code that the Worker has, with the receivers that their routing declares. */
import { runInThisContext } from 'node:vm';
import { DERIVED_FIELDS } from '../../audit-log/derived-fields.ts';
import type { BacktestOptions } from '../../backtest/backtest.ts';
import { RECEIVER_TYPES } from '../../notify/registry.ts';
import type { RoutedReceiver, Routing } from '../../routing/routing.ts';
import { codeOf, type ParsedRuleSet } from '../../sigma/build.ts';
import { type CompileOptions, compile, type RuleSet } from '../../sigma/index.ts';

/** What a backtest of rules needs to know of them. */
export function preparedRules(
  ruleSet: ParsedRuleSet,
  routing: Routing | null,
): Pick<BacktestOptions, 'engine' | 'receivers' | 'routing'> {
  const engine = compile(ruleSet, { code: codeFor(ruleSet), derived: DERIVED_FIELDS });
  return { engine, routing, ...(routing !== null && { receivers: routing.receivers.map(routedReceiver) }) };
}

/** Interpreted, they take several times as long. */
function codeFor(ruleSet: RuleSet): CompileOptions['code'] {
  return runInThisContext(`(${codeOf(ruleSet, DERIVED_FIELDS)})`) as CompileOptions['code'];
}

/** A receiver as it will be once its settings are there. */
function routedReceiver({ name, type, minLevel }: Routing['receivers'][number]): RoutedReceiver {
  const { forPrograms, edits } = RECEIVER_TYPES.find((each) => each.type === type) ?? {};
  return { name, minLevel, problem: null, ...(forPrograms && { forPrograms }), ...(edits && { edits }) };
}

/** How long the windows of the rules are at most, ms. */
export function longestWindow({ engine }: Pick<BacktestOptions, 'engine'>): number {
  return Math.max(0, ...engine.correlations.map(({ timespanMs }) => timespanMs));
}
