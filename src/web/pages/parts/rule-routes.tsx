/**
 * Where the alerts of a rule go, and why: for each route that can take one, its receivers and what it sets; and in short, the
 * names of the receivers. Pure.
 */

import type { Child } from 'hono/jsx';
import { rulePath } from '../../../access/link.ts';
import {
  conditionWording,
  heldWording,
  routingWording,
  settingsWording,
  shownVia,
  unroutedWording,
  viaWording,
} from '../../../alert/route-wording.ts';
import { declaredName, type NotRoutedTo, pathText, settingsAt } from '../../../routing/routes.ts';
import type { RoutedReceiver, Routing } from '../../../routing/routing.ts';
import { type RuleRoute, type RuleRoutes, ruleRoutes } from '../../../routing/rule-routes.ts';
import type { Level, Rule } from '../../../sigma/index.ts';
import { counted } from '../../../text/numbers.ts';
import { Card } from './elements.tsx';
import { Unnotified } from './receivers.tsx';
import { UntrustedText } from './untrusted-text.tsx';

/** What decides where alerts go. */
export interface Setup {
  /** Null: there is no routing.yml. */
  readonly routing: Routing | null;
  readonly receivers: readonly RoutedReceiver[];
}

/** More are counted: routing.yml has them all. */
const ROUTES_MAX = 30;
const UNLESS_MAX = 5;
const NAME_CHARS = 60;
const TEXT_MAX = 300;

function routesFor(rule: Rule, { routing, receivers }: Setup): RuleRoutes {
  const { id, level, tags, tocsin } = rule;
  return ruleRoutes(routing, receivers, { rule: id, level, tags, receivers: tocsin.receivers });
}

/** The names of the receivers that can be notified of a rule's alerts, in short. */
export function ReceiverNames({ rule, setup }: { rule: Rule; setup: Setup }) {
  if (!rule.alerts) return <>–</>;
  const { to } = routesFor(rule, setup);
  const namesOf = (of: typeof to): readonly string[] => [
    ...new Set(of.map(({ receiver }) => declaredName(receiver.name))),
  ];
  const always = namesOf(to.filter(({ often }) => often === 'always'));
  const others = namesOf(to).filter((name) => !always.includes(name));
  if (to.length === 0) return <>nobody</>;
  return (
    <>
      {always.join(', ')}
      {others.length > 0 && <span class="sub">in some cases {others.join(', ')}</span>}
    </>
  );
}

/** A card. `rules`: all of them, for the correlations that count this one. */
export function WhereAlertsGo({ rule, rules, setup }: { rule: Rule; rules: readonly Rule[]; setup: Setup }) {
  const isTuned = rule.tocsin.receivers !== undefined;
  const aside = <span class="quiet">{isTuned ? 'by tuning.yml' : routingWording(setup.routing)}</span>;
  return (
    <Card title="Where its alerts go" aside={rule.alerts && aside}>
      {rule.alerts ? <Routes rule={rule} setup={setup} /> : <CountedBy rule={rule} rules={rules} />}
    </Card>
  );
}

function CountedBy({ rule, rules }: { rule: Rule; rules: readonly Rule[] }) {
  const counting = rules.filter((each) => each.kind === 'correlation' && each.rules.includes(rule.id));
  return (
    <>
      <p>It opens no alerts itself: nobody is notified of its matches. What counts them:</p>
      <ul>
        {counting.map(({ id, title }) => (
          <li>
            <a href={rulePath(id)}>
              <UntrustedText text={title} max={TEXT_MAX} />
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Routes({ rule, setup }: { rule: Rule; setup: Setup }) {
  if (setup.receivers.length === 0) return <Unnotified receivers={[]} />;
  const found = routesFor(rule, setup);
  const { to, not, fallback } = found;
  const routes = found.routes ?? [];
  const shown = routes.slice(0, ROUTES_MAX);
  const shownNot = new Set(shown.flatMap((each) => each.not.map(({ name }) => name)));
  const others = not.filter(({ receiver }) => !shownNot.has(receiver));
  const names = routes.flatMap((each) => each.to.map(({ name }) => name));
  return (
    <>
      <Unnotified receivers={setup.receivers} />
      {to.length === 0 && <p>Nobody is notified of them.</p>}
      {rule.kind === 'correlation' && routes.some(({ conditions }) => conditions.length > 0) && (
        <p>The conditions are about the entry that completes the correlation.</p>
      )}
      <ul class="reasons">
        {found.routes === null && to.length > 0 && (
          <li>
            <To receivers={to.map(({ receiver }) => receiver)} />
            <span class="sub">{viaWording(shownVia({ kind: 'default' }))}</span>
          </li>
        )}
        {shown.map((each) => (
          <RouteItem of={each} level={rule.level} fallback={setup.routing?.fallback} />
        ))}
        {fallback.length > 0 && <Fallback of={found} name={setup.routing?.fallback} />}
        {others.length > 0 && (
          <li>
            <NotTo of={others} />
          </li>
        )}
      </ul>
      {routes.length > shown.length && (
        <p class="quiet">And by {counted(routes.length - shown.length, 'more route')} of routing.yml.</p>
      )}
      {new Set(names).size < names.length && (
        <p class="quiet">
          A receiver gets an alert once: where several routes lead to it, by the first whose times are active.
        </p>
      )}
    </>
  );
}

interface RouteItemProps {
  readonly of: RuleRoute;
  readonly level: Level;
  /** The receiver's name. */
  readonly fallback: string | undefined;
}

function RouteItem({ of: { route, path, conditions, unless, to, not }, level, fallback }: RouteItemProps) {
  const settings = settingsAt(route, level);
  const { activeTimes } = settings;
  const isCritical = level === 'critical';
  const isHeld = activeTimes !== undefined && !isCritical;
  const isDiverted = activeTimes !== undefined && isCritical && to.some(({ name }) => declaredName(name) !== fallback);
  const wording = settingsWording(settings);
  return (
    <li>
      <To receivers={to}>
        {conditions.length > 0 && (
          <>
            {' '}
            if <UntrustedText text={conditionWording(conditions)} max={TEXT_MAX} />
          </>
        )}
      </To>
      <span class="sub">
        {viaWording(shownVia({ kind: 'route', path, line: route.line }))}
        {unless.length > 0 && `, unless ${pathsText(unless)} takes it`}
      </span>
      {wording !== '' && (
        <span class="sub">
          <UntrustedText text={wording} max={TEXT_MAX} />
        </span>
      )}
      {isHeld && <span class="sub">at other times, {heldWording(null)}</span>}
      {isDiverted && <span class="sub">at other times, the fallback is notified</span>}
      {not.length > 0 && <NotTo of={not.map(belowLevel)} />}
    </li>
  );
}

function pathsText(paths: readonly (readonly number[])[]): string {
  const few = paths.slice(0, UNLESS_MAX).map(pathText);
  const more = paths.length - few.length;
  return [...few, ...(more > 0 ? [`one of ${more} more`] : [])].join(' or ');
}

function belowLevel({ name, minLevel }: RoutedReceiver): NotRoutedTo {
  return { receiver: name, reason: "below the receiver's level", minLevel };
}

function Fallback({ of: { to, fallback }, name }: { of: RuleRoutes; name: string | undefined }) {
  const its = to.filter(({ receiver }) => declaredName(receiver.name) === name);
  return (
    <li>
      <To receivers={its.map(({ receiver }) => receiver)}>
        {its.some(({ often }) => often === 'in some cases') && ' in some cases'}
      </To>
      {fallback.map((because) => (
        <span class="sub">{viaWording(shownVia({ kind: 'fallback', because }))}</span>
      ))}
    </li>
  );
}

function To({ receivers, children }: { receivers: readonly RoutedReceiver[]; children?: Child }) {
  return (
    <p>
      To {receivers.length === 0 ? 'nobody' : <Names of={receivers} />}
      {children}
    </p>
  );
}

function Names({ of }: { of: readonly RoutedReceiver[] }) {
  return (
    <>
      {of.map(({ name, problem }, i) => (
        <>
          {i > 0 && ', '}
          <strong>
            <UntrustedText text={name} max={NAME_CHARS} />
          </strong>
          {problem !== null && (
            <span class="bad">
              {' '}
              (can’t be used: <UntrustedText text={problem} max={TEXT_MAX} />)
            </span>
          )}
        </>
      ))}
    </>
  );
}

/** Those with the same reason together. */
function NotTo({ of }: { of: readonly NotRoutedTo[] }) {
  const reasons = [...new Set(of.map(unroutedWording))];
  return (
    <>
      {reasons.map((reason) => (
        <span class="sub">
          not to{' '}
          {of
            .filter((each) => unroutedWording(each) === reason)
            .map(({ receiver }) => receiver)
            .join(', ')}
          : {reason}
        </span>
      ))}
    </>
  );
}
