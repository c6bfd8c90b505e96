/**
 * The law of messages after an outage, computed from the stored rows: what is in one ended with it, was old enough, and is counted in it,
 * each alert once; nothing critical is in one, nor the first alert at high of a rule that waited then.
 */
import type { GroupNotification } from '../../src/alert/notification.ts';
import type { Store } from '../../src/ledger/store/store.ts';
import type { Received } from './network.ts';

const HOUR = 3_600_000;

type Row = {
  id: number;
  receiver: string;
  alert: number | null;
  health: string | null;
  state: string;
  queued_at: number;
  settled_at: number | null;
  reason: string | null;
  digest: number | null;
  notification: string;
};

interface Said {
  readonly kind: string;
  readonly alert?: { readonly level: string; readonly ruleId: string };
  readonly health?: { readonly level?: string };
}

/** Reports what breaks the law. `canonical`: the name of a receiver to the network. */
export function reportOutages(
  store: Store,
  received: readonly Received[],
  canonical: (receiver: string) => string,
  report: (problem: string) => void,
): void {
  const rows = store.all<Row>('SELECT * FROM deliveries ORDER BY queued_at, id');
  const said = new Map(rows.map(({ id, notification }) => [id, JSON.parse(notification) as Said]));
  const opensHigh = ({ id }: Row): boolean => {
    const { kind, alert } = said.get(id) ?? {};
    return kind === 'opened' && alert?.level === 'high';
  };
  const highBy = Map.groupBy(rows.filter(opensHigh), (row) => `${row.receiver} ${said.get(row.id)?.alert?.ruleId}`);
  const isFirst = (row: Row, at: number): boolean => {
    const ofRule = opensHigh(row) ? (highBy.get(`${row.receiver} ${said.get(row.id)?.alert?.ruleId}`) ?? []) : [];
    const first = ofRule.find(
      (each) =>
        each.state !== 'suppressed' && each.queued_at < at && (each.settled_at === null || each.settled_at >= at),
    );
    return first !== undefined && first.id === row.id;
  };
  for (const [id, inIt] of Map.groupBy(
    rows.filter((row) => row.digest !== null),
    (row) => row.digest,
  )) {
    const own = rows.find((row) => row.id === id);
    const content = own === undefined ? null : (JSON.parse(own.notification) as Partial<GroupNotification>).group;
    // Other groups' messages have a law of their own (deliveries-law.ts).
    if (own === undefined || content?.outage == null) continue;
    const ofHealth = inIt.filter((row) => row.health !== null).length;
    const { messages, healthMessages } = content.outage;
    if (messages !== inIt.length || healthMessages !== ofHealth)
      report(`the message ${id} counts ${messages} and ${healthMessages}, of ${inIt.length}`);
    if (inIt.length < 3) report(`the message ${id} has no more than ${inIt.length} messages`);
    const decided = inIt.flatMap((row) =>
      said.get(row.id)?.kind === 'group' ? rows.filter(({ digest }) => digest === row.id) : [row],
    );
    const alerts = new Set(decided.flatMap(({ alert }) => alert ?? []));
    const named = [content.first.alert.id, ...content.others.map((of) => of.id)];
    if (content.alerts !== alerts.size) report(`the message ${id} counts ${content.alerts} alerts of ${alerts.size}`);
    if (new Set(named).size !== named.length || named.some((of) => !alerts.has(of)))
      report(`the message ${id} names ${named.join(', ')}`);
    if (named.length + content.more !== alerts.size)
      report(`the message ${id} names ${named.length} alerts and counts ${content.more} more`);
    const wasReceived = received.some(
      ({ receiver, notification }) =>
        receiver === canonical(own.receiver) &&
        notification?.kind === 'group' &&
        JSON.stringify(notification.group) === JSON.stringify(content),
    );
    if (own.state === 'delivered' && !wasReceived) report(`the message ${id} is delivered, and was never received`);
    for (const row of inIt) {
      const { alert, health } = said.get(row.id) ?? {};
      const what = `delivery ${row.id}, in the message ${id},`;
      if (row.receiver !== own.receiver) report(`${what} is for another receiver`);
      if (row.state !== own.state) report(`${what} is ${row.state}, and that is ${own.state}`);
      if (row.state === 'delivered' && row.reason !== 'in a message with others') report(`${what} does not say so`);
      if (row.settled_at !== own.settled_at) report(`${what} did not end with it`);
      if (own.queued_at - row.queued_at <= HOUR) report(`${what} had waited for an hour at most`);
      if ((alert?.level ?? health?.level) === 'critical') report(`${what} is critical`);
      if (isFirst(row, own.queued_at)) report(`${what} was the first of its rule at high`);
    }
  }
}
