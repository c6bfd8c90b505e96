/** The list of alerts: open or all, filtered by level and rule, page by page. Pure. */

import { rulePath } from '../../access/link.ts';
import { EVERY_ALERT } from '../../ledger/alert-query.ts';
import type { AlertList, AlertQuery } from '../../ledger/rpc.ts';
import { LEVELS } from '../../sigma/index.ts';
import type { Caller } from '../context.ts';
import { AlertTable } from './parts/alert-table.tsx';
import { When } from './parts/elements.tsx';
import { page } from './parts/shell.tsx';
import { UntrustedText } from './parts/untrusted-text.tsx';

/** No rule has a longer id. */
const RULE_ID_CHARS_MAX = 200;
const ALERT_ID = /^[1-9]\d{0,14}$/;

/** The query that a query string asks for. Invalid parameters are ignored. */
export function readAlertQuery(query: (name: string) => string | undefined): AlertQuery {
  const level = query('level');
  const rule = query('rule') ?? '';
  return {
    ...EVERY_ALERT,
    status: query('state') === 'all' ? 'all' : 'unresolved',
    level: LEVELS.find((known) => known === level) ?? null,
    rule: rule !== '' && rule.length <= RULE_ID_CHARS_MAX ? rule : null,
    before: readAlertId(query('before')),
  };
}

/** The id of an alert in a path; null if it is not a valid id. */
export function readAlertId(text: string | undefined): number | null {
  return text !== undefined && ALERT_ID.test(text) ? Number(text) : null;
}

/** The path that asks for this query. */
export function alertsPath(query: Partial<AlertQuery>): string {
  const params = new URLSearchParams();
  if (query.status === 'all') params.set('state', 'all');
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
  /** The title of the rule in the query; null without one. */
  readonly ruleTitle: string | null;
}

/** The whole document. */
export function alertsPage({ caller, query, list, ruleTitle }: AlertsOptions): string {
  const { before: _, ...first } = query;
  return page({
    title: query.status === 'unresolved' ? 'Open alerts' : 'Alerts',
    caller,
    section: 'alerts',
    children: (
      <>
        <h1>{query.status === 'unresolved' ? 'Open alerts' : 'Alerts'}</h1>
        <div class="filters">
          <nav aria-label="Status">
            <Filter
              path={alertsPath({ ...first, status: 'unresolved' })}
              isChosen={query.status === 'unresolved'}
              name="Open"
            />
            <Filter path={alertsPath({ ...first, status: 'all' })} isChosen={query.status === 'all'} name="All" />
          </nav>
          <nav aria-label="Level">
            <Filter path={alertsPath({ ...first, level: null })} isChosen={query.level === null} name="All levels" />
            {LEVELS.toReversed().map((level) => (
              <Filter path={alertsPath({ ...first, level })} isChosen={query.level === level} name={level} />
            ))}
          </nav>
          {query.rule !== null && (
            <p>
              Rule:{' '}
              <a href={rulePath(query.rule)}>
                <UntrustedText text={ruleTitle ?? query.rule} max={80} />
              </a>{' '}
              <a href={alertsPath({ ...first, rule: null })}>All rules</a>
            </p>
          )}
        </div>
        <section class="card" aria-label="Alerts">
          {list.alerts.length > 0 && <AlertTable caption="Alerts, newest first" alerts={list.alerts} />}
          {list.searchedTo !== null ? (
            <p class="note">
              Searched back to <When at={list.searchedTo} />. There may be more: go on with Older.
            </p>
          ) : (
            list.alerts.length === 0 && <Empty query={query} />
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

function Filter({ path, isChosen, name }: { path: string; isChosen: boolean; name: string }) {
  return (
    <a href={path} aria-current={isChosen ? 'true' : undefined}>
      {name}
    </a>
  );
}

function Empty({ query }: { query: AlertQuery }) {
  if (query.before !== null) return <p class="empty">No older alerts.</p>;
  const isFiltered = query.level !== null || query.rule !== null;
  if (query.status === 'unresolved') {
    return (
      <p class="empty">
        {isFiltered ? 'No open alerts match.' : 'No open alerts.'}{' '}
        <a href={alertsPath({ ...query, status: 'all' })}>Show resolved alerts too</a>
      </p>
    );
  }
  return <p class="empty">{isFiltered ? 'No alerts match.' : 'No alerts yet.'}</p>;
}
