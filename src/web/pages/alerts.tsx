/**
 * The list of alerts: what people look for in the address, and several of them acted on at once. Pure.
 *
 * Contract: invalid parameters are ignored. The form of filters is a GET, so that the address can be shared.
 */
import type { Child } from 'hono/jsx';
import { EVERY_ALERT } from '../../ledger/alert-query.ts';
import type { AlertList, AlertQuery } from '../../ledger/rpc.ts';
import { LEVELS } from '../../sigma/index.ts';
import { parseDuration } from '../../text/duration.ts';
import { readId } from '../../text/ids.ts';
import { readInstant } from '../../text/times.ts';
import { ALERTS_PAGE, type Did } from '../act-paths.ts';
import type { Caller } from '../context.ts';
import { canAct, DidNote, ReasonChoice, WhyNot } from './parts/act-forms.tsx';
import { AlertItems } from './parts/alert-list.tsx';
import { When } from './parts/elements.tsx';
import { anyOr, Choice, FormFields, Text } from './parts/form-fields.tsx';
import { page } from './parts/shell.tsx';

/** No rule has a longer id. */
const TEXT_CHARS_MAX = 200;
const STATUSES = [
  ['unresolved', 'Open and acknowledged'],
  ['open', 'Open'],
  ['acknowledged', 'Acknowledged'],
  ['resolved', 'Resolved'],
  ['all', 'All'],
] as const;
const SINCE = [
  ['', 'any time'],
  ['1h', 'the last hour'],
  ['24h', 'the last 24 hours'],
  ['7d', 'the last 7 days'],
  ['30d', 'the last 30 days'],
] as const;

/** What an address asks for. */
export interface AlertFilters extends AlertQuery {
  /** `since` and `until` as they are in the address: a length of time before now, a day, or an instant. */
  readonly given: { readonly since: string; readonly until: string };
}

/** The query that a query string asks for at `now`. Messages of older versions link to `state=all`. */
export function readAlertQuery(query: (name: string) => string | undefined, now: number): AlertFilters {
  const text = (name: string): string | null => {
    const value = (query(name) ?? '').trim();
    return value !== '' && value.length <= TEXT_CHARS_MAX ? value : null;
  };
  const status = query('status') ?? query('state');
  const [since, until] = [text('since'), text('until')];
  return {
    ...EVERY_ALERT,
    status: STATUSES.find(([known]) => known === status)?.[0] ?? 'unresolved',
    level: LEVELS.find((known) => known === query('level')) ?? null,
    ...{ rule: text('rule'), actor: text('actor'), tag: text('tag'), text: text('text'), assignee: text('assignee') },
    since: readTime(since, now),
    until: readTime(until, now),
    before: readId(query('before')),
    given: { since: since ?? '', until: until ?? '' },
  };
}

/** `24h` (before now), `2026-11-30` (00:00 UTC) or an instant; null for anything else. */
function readTime(text: string | null, now: number): number | null {
  if (text === null) return null;
  const ago = parseDuration(text);
  return ago === null ? readInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text) : now - ago;
}

/** The path that asks for this query. */
export function alertsPath({ given, ...query }: Partial<AlertFilters>): string {
  const params = new URLSearchParams();
  if (query.status !== undefined && query.status !== 'unresolved') params.set('status', query.status);
  for (const name of ['level', 'rule', 'actor', 'tag', 'assignee', 'text'] as const) {
    if (query[name]) params.set(name, query[name]);
  }
  if (given?.since) params.set('since', given.since);
  if (given?.until) params.set('until', given.until);
  if (query.before) params.set('before', String(query.before));
  const text = params.toString();
  return text === '' ? ALERTS_PAGE : `${ALERTS_PAGE}?${text}`;
}

interface AlertsOptions {
  readonly caller: Caller;
  readonly query: AlertFilters;
  readonly list: AlertList;
  readonly rules: readonly { readonly id: string; readonly title: string; readonly tags: readonly string[] }[];
  readonly token: string;
  readonly did: Did | null;
  readonly now: number;
}

/** The whole document. */
export function alertsPage(options: AlertsOptions): string {
  const { caller, query, list, did, now } = options;
  const { before: _, ...first } = query;
  const heading = query.status === 'unresolved' ? 'Open alerts' : 'Alerts';
  const hasBoxes = canAct(caller) && list.alerts.length > 0;
  const items = <AlertItems alerts={list.alerts} now={now} hasBoxes={hasBoxes} />;
  return page({
    title: heading,
    caller,
    section: 'alerts',
    children: (
      <>
        <div class="buttons">
          <h1>{heading}</h1>
          <p id="news" role="status" />
        </div>
        <DidNote did={did} />
        <Filters {...options} />
        <section class="card" aria-label="Alerts" id="list">
          {hasBoxes ? <Form {...options}>{items}</Form> : list.alerts.length > 0 && items}
          {list.searchedTo !== null ? (
            <p class="note">
              Searched back to <When at={list.searchedTo} />. There may be more: go on with Older.
            </p>
          ) : (
            list.alerts.length === 0 && <Empty query={query} />
          )}
          {list.alerts.length > 0 && (
            <p class="quiet">
              Newest first. By level: <a href="/">Overview</a>
            </p>
          )}
          <p class="pager">
            {query.before !== null && <a href={alertsPath(first)}>Newest</a>}
            {list.next !== null && (
              <a rel="next" href={alertsPath({ ...first, before: list.next })}>
                Older
              </a>
            )}
          </p>
          {!canAct(caller) && list.alerts.length > 0 && <WhyNot caller={caller} next={alertsPath(query)} />}
        </section>
      </>
    ),
  });
}

/** Everything that is chosen is acted on by one bar of buttons. */
function Form({ query, token, children }: AlertsOptions & { children?: Child }) {
  return (
    <form method="post" action={ALERTS_PAGE} id="several">
      <FormFields token={token} next={alertsPath(query)} />
      <div class="bar">
        <p id="chosen">Choose alerts to act on:</p>
        <button type="button" class="plain" id="all" hidden>
          Choose all on this page
        </button>
        <button type="submit" name="act" value="acknowledge" data-key="a">
          Acknowledge
        </button>
        <button type="submit" name="act" value="assign" class="second">
          Assign to me
        </button>
        <ReasonChoice />
        <button type="submit" name="act" value="resolve" class="second">
          Resolve
        </button>
        <span class="with-script quiet shortcuts">
          Shortcuts: <kbd>?</kbd>
        </span>
      </div>
      {children}
    </form>
  );
}

function Filters({ query, rules }: AlertsOptions) {
  const { status, level, rule, actor, tag, assignee, text, given } = query;
  const tags = [...new Set(rules.flatMap((each) => each.tags))].sort();
  const more = [rule, actor, tag, assignee, given.since, given.until].filter((of) => of !== null && of !== '').length;
  return (
    <search>
      <form method="get" action={ALERTS_PAGE} class="filters" aria-label="Filter alerts">
        <label class="broad">
          Search
          <input
            type="search"
            name="text"
            value={text ?? ''}
            maxlength={TEXT_CHARS_MAX}
            data-key="/"
            autocomplete="off"
          />
        </label>
        <Choice name="status" label="Status" chosen={status} of={STATUSES} />
        <Choice name="level" label="Level" chosen={level} of={anyOr('all levels', LEVELS.toReversed())} />
        <button type="submit">Show</button>
        <details>
          <summary>More filters{more > 0 && `: ${more} set`}</summary>
          <div class="filters">
            <Choice
              name="rule"
              label="Rule"
              chosen={rule}
              of={[['', 'all rules'], ...rules.map(({ id, title }) => [id, title] as const)]}
            />
            <Choice name="tag" label="Tag" chosen={tag} of={anyOr('all tags', tags)} />
            <Text name="actor" label="Actor (name or ID)" value={actor} />
            <Text name="assignee" label="Assigned to" value={assignee} />
            <Choice name="since" label="With matches in" chosen={given.since} of={SINCE} />
            <Text name="until" label="First before (UTC)" value={given.until} hint="2026-11-30" />
          </div>
        </details>
      </form>
    </search>
  );
}

/** What an empty list says to do. */
function Empty({ query }: { query: AlertFilters }) {
  if (query.before !== null) return <p class="empty">No older alerts.</p>;
  const isFiltered = alertsPath({ ...query, status: 'unresolved' }) !== ALERTS_PAGE;
  const isOpen = query.status === 'unresolved';
  return (
    <p class="empty">
      No {isOpen && 'open '}alerts{isFiltered ? ' match: ' : '. '}
      {isFiltered && <a href={ALERTS_PAGE}>remove the filters</a>}
      {isFiltered && isOpen && ', or '}
      {isOpen && <a href={alertsPath({ ...query, status: 'all' })}>see resolved ones too</a>}.{' '}
      <a href="/">Is Tocsin watching?</a>
    </p>
  );
}
