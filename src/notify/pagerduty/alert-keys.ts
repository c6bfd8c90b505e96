/**
 * The dedup keys of an incident's alerts, by PagerDuty's REST API. A webhook may not have the key: where a service creates alerts,
 * as services do by default, `incident_key` is null, and the key of an event is that of an alert in the incident
 * (https://github.com/PagerDuty/api-schema/pull/412, https://github.com/PagerDuty/pdpyras/issues/44).
 *
 * Contract: reads. Throws where PagerDuty did not answer, or not in words that are understood; no error holds the token.
 * https://github.com/PagerDuty/api-schema/blob/main/reference/REST/openapiv3.json (`/incidents/{id}/alerts`)
 */
import { type Fetch, get } from '../../http/post.ts';
import { parseJson } from '../../text/json.ts';
import { list, nullable, object, orElse, readShape, string } from '../../text/shape.ts';

/** Only an incident that others were merged into has more than one. */
const ALERTS_MAX = 25;
/** An alert has the event that opened it, up to 512 KB; ours are some 10 KB. */
const BYTES_MAX = 2 * 1024 * 1024;
const ALERTS = object({ alerts: list(object({ alert_key: orElse(nullable(string), null) })) });

/** The REST API of the account's service region, and its key, which is a secret. */
export interface PagerDutyApi {
  readonly origin: string;
  readonly token: string;
}

/** Empty: there is no such incident. */
export async function readAlertKeys(
  fetch: Fetch,
  { origin, token }: PagerDutyApi,
  incident: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const url = `${origin}/incidents/${encodeURIComponent(incident)}/alerts?limit=${ALERTS_MAX}`;
  const headers = { authorization: `Token token=${token}`, accept: 'application/json' };
  const answer = await get(fetch, url, headers, "PagerDuty's REST API", signal, BYTES_MAX);
  if (answer.kind === 'failed') throw new Error(answer.reason);
  if (answer.status === 404) return [];
  if (answer.status !== 200) {
    throw new Error(`PagerDuty's REST API answered ${answer.status}: check PAGERDUTY_API_TOKEN`);
  }
  const read = readShape(ALERTS, parseJson(answer.body));
  if (!read.ok) throw new Error(`PagerDuty's REST API: ${read.problem}`);
  return read.value.alerts.flatMap(({ alert_key: key }) => (key === null ? [] : [key]));
}
