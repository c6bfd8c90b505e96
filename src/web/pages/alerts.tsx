/** The list of alerts: open ones or all, of one level, of one rule, page by page. */

import type { AlertList, AlertQuery } from '../../ledger/rpc.ts';
import { LEVELS } from '../../sigma/index.ts';
import type { Caller } from '../context.ts';
import { AlertTable } from './parts/alert-table.tsx';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

/** A longer one is no rule's id of ours. */
const RULE_ID = 200;
const ALERT_ID = /^[1-9]\d{0,14}$/;

/** What a query string asks for; what can't be understood in it asks for nothing. */
export function readAlertQuery(query: (name: string) => string | undefined): AlertQuery {
  const level = query('level');
  const rule = query('rule') ?? '';
  return {
    state: query('state') === 'all' ? 'all' : 'open',
    level: LEVELS.find((known) => known === level) ?? null,
    rule: rule !== '' && rule.length <= RULE_ID ? rule : null,
    before: readAlertId(query('before')),
  };
}

/** An alert's number as it stands in a path; null where it can be none. */
export function readAlertId(text: string | undefined): number | null {
  return text !== undefined && ALERT_ID.test(text) ? Number(text) : null;
}

/** The address that asks for it. */
export function alertsPath(query: Partial<AlertQuery>): string {
  const params = new URLSearchParams();
  if (query.state === 'all') params.set('state', 'all');
  if (query.level) params.set('level', query.level);
  if (query.rule) params.set('rule', query.rule);
  if (query.before) params.set('before', String(query.before));
  const text = params.toString();
  return text === '' ? '/alerts' : `/alerts?${text}`;
}

interface AlertsOptions {
  readonly caller: Caller;
  readonly query: AlertQuery;
  readonly list: AlertList;
  /** The title of the rule asked for, where there is one. */
  readonly ruleTitle: string | null;
}

/** The whole document. */
export function alertsPage({ caller, query, list, ruleTitle }: AlertsOptions): string {
  const { before: _, ...first } = query;
  return page({
    title: query.state === 'open' ? 'Open alerts' : 'Alerts',
    caller,
    at: 'alerts',
    children: (
      <>
        <h1>{query.state === 'open' ? 'Open alerts' : 'Alerts'}</h1>
        <div class="filters">
          <nav aria-label="State">
            <Choice path={alertsPath({ ...first, state: 'open' })} chosen={query.state === 'open'} name="Open" />
            <Choice path={alertsPath({ ...first, state: 'all' })} chosen={query.state === 'all'} name="All" />
          </nav>
          <nav aria-label="Level">
            <Choice path={alertsPath({ ...first, level: null })} chosen={query.level === null} name="Every level" />
            {LEVELS.toReversed().map((level) => (
              <Choice path={alertsPath({ ...first, level })} chosen={query.level === level} name={level} />
            ))}
          </nav>
          {query.rule !== null && (
            <p>
              Of the rule{' '}
              <a href={`/rules/${encodeURIComponent(query.rule)}`}>
                <UntrustedText text={ruleTitle ?? query.rule} max={80} />
              </a>
              . <a href={alertsPath({ ...first, rule: null })}>Of every rule</a>
            </p>
          )}
        </div>
        <section class="card" aria-label="Alerts">
          {list.alerts.length === 0 ? (
            <Empty query={query} />
          ) : (
            <AlertTable caption="Alerts, newest first" alerts={list.alerts} />
          )}
          <p class="pager">
            {query.before !== null && <a href={alertsPath(first)}>Newest</a>}
            {list.next !== null && (
              <a rel="next" href={alertsPath({ ...first, before: list.next })}>
                Older
              </a>
            )}
          </p>
        </section>
      </>
    ),
  });
}

function Choice({ path, chosen, name }: { path: string; chosen: boolean; name: string }) {
  return (
    <a href={path} aria-current={chosen ? 'true' : undefined}>
      {name}
    </a>
  );
}

function Empty({ query }: { query: AlertQuery }) {
  if (query.before !== null) return <p class="empty">There are no older ones.</p>;
  const narrowed = query.level !== null || query.rule !== null;
  if (query.state === 'open') {
    return (
      <p class="empty">
        {narrowed ? 'None of these is open.' : 'No alert is open.'}{' '}
        <a href={alertsPath({ ...query, state: 'all' })}>See those that were</a>
      </p>
    );
  }
  return <p class="empty">{narrowed ? 'There has been none of these.' : 'There has been no alert yet.'}</p>;
}
