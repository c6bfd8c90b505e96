/** Rule files and routing files with mistakes: every problem has its place, is one line, and nothing throws. */
import { readRoutingFiles, readRuleFiles, TOCSIN } from '../../../src/cli/rule-files.ts';
import { printable } from '../../../src/cli/terminal.ts';
import { reservedNames } from '../../../src/config/config.ts';
import { RECEIVER_TYPES } from '../../../src/notify/registry.ts';
import { parseRouting } from '../../../src/routing/routing-file.ts';
import { type Problem, parseRules, problemText } from '../../../src/sigma/build.ts';
import { compile } from '../../../src/sigma/index.ts';
import { firstOf, invisibleIn, secretIn } from '../found.ts';
import type { FuzzKind } from '../kind.ts';
import { hostileText, mutated, SECRETS } from '../texts.ts';

const RULES = readRuleFiles('rules').rules.map(({ text }) => text);
const ROUTING = [
  'receivers:\n  - {name: oncall, type: slack, min_level: high}\n  - name: log\n    type: webhook\n    secret: LOG_URL\n',
  `receivers: [{name: a, type: slack, secret: ${SECRETS.webhookUrl}}]\n`,
  `receivers:
  - {name: oncall, type: slack}
  - {name: log, type: webhook}
fallback: oncall
times:
  office: [{weekdays: mon-fri, from: 09:00, to: 17:00, time_zone: Europe/Berlin}]
route:
  receiver: log
  digest: daily at 09:00 Europe/Berlin
  routes:
    - match: {min_level: high, tag: attack.*, client_ip: 10.0.0.0/8, actor.type: [user, api_key]}
      receivers: [oncall, log]
      active_times: [office]
      mention: '@oncall'
      escalate: none
      repeat_interval: 4h
      continue: true
      routes: [{match: {level: critical}, receiver: oncall, escalate: [{after: 30m, to: log}]}]
`,
  ...readRoutingFiles('rules').map(({ text }) => text),
];

interface FileInput {
  readonly path: string;
  readonly text: string;
}

/** The kind; `fault` changes each problem's line. */
export function ruleKind(fault: (line: string) => string = (line) => line): FuzzKind {
  return fileKind({
    name: 'rule',
    about: 'rule files',
    share: 4_000,
    files: RULES,
    problemsOf: (file) => {
      const { ruleSet, problems } = parseRules([file], TOCSIN);
      if (!problems.some(({ severity }) => severity === 'error')) {
        const engine = compile(ruleSet);
        engine.evaluate({ id: 'e-1', action: file.text.slice(0, 200), actor: { id: file.path } });
      }
      return problems;
    },
    fault,
  });
}

/** The kind; `fault` changes each problem's line. */
export function routingKind(fault: (line: string) => string = (line) => line): FuzzKind {
  return fileKind({
    name: 'routing',
    about: 'routing files',
    share: 12_000,
    files: ROUTING,
    problemsOf: (file) => parseRouting([file], RECEIVER_TYPES, reservedNames(RECEIVER_TYPES), null).problems,
    fault,
  });
}

function fileKind(of: {
  readonly name: string;
  readonly about: string;
  readonly share: number;
  readonly files: readonly string[];
  readonly problemsOf: (file: FileInput) => readonly Problem[];
  readonly fault: (line: string) => string;
}): FuzzKind {
  const { name, about, share, files, problemsOf, fault } = of;
  const kind: FuzzKind<never> = {
    name,
    about,
    share,
    generate: (dice) =>
      ({
        path: dice.chance(0.8) ? 'a.yml' : `${hostileText(dice, 40).replaceAll('/', '')}.yml`,
        text: dice.chance(0.9) ? mutated(dice, dice.pick(files)) : hostileText(dice, 2_000),
      }) as never,
    check(file: FileInput) {
      for (const problem of problemsOf(file)) {
        const line = fault(problemText(problem, 'rules/'));
        const wrong = firstOf(
          invisibleIn(line),
          printable(line) === line ? null : 'the terminal shows another line',
          // In another place than a setting's, or in parts, nobody can know it for one.
          file.text.includes(SECRETS.webhookUrl) ? secretIn(line) : null,
          problem.line >= 1 && problem.column >= 1 ? null : `it has no place: ${line}`,
          line.length < 3_000 ? null : `a problem of ${line.length} characters`,
        );
        if (wrong !== null) return wrong;
      }
      return null;
    },
  };
  return kind as FuzzKind;
}
