/**
 * Other audit logs of clouds and services: what their fields are called here.
 *
 * Contract: data, and one look-up. A field that is not in the table has no counterpart. The values of what is mapped are the
 * other log's: its actions have other names here.
 */

import { ENTRY_FIELDS } from '../../audit-log/entry-fields.ts';
import type { LogSource } from './foreign-rule.ts';

interface ForeignLog {
  readonly product: string;
  /** Absent: every service of the product. */
  readonly services?: readonly string[];
  readonly name: string;
  /** What is not called as in `aka` of ENTRY_FIELDS. */
  readonly fields: { readonly [theirs: string]: string };
}

const LOGS: readonly ForeignLog[] = [
  {
    product: 'aws',
    services: ['cloudtrail'],
    name: 'AWS CloudTrail',
    fields: {
      'userIdentity.arn': 'actor.id',
      'userIdentity.sessionContext.sessionIssuer.userName': 'actor.name',
      'userIdentity.sessionContext.sessionIssuer.arn': 'actor.id',
    },
  },
  {
    product: 'gcp',
    name: 'Google Cloud audit logs',
    fields: {
      'gcp.audit.method_name': 'action',
      'data.protoPayload.methodName': 'action',
      'protoPayload.methodName': 'action',
      'data.protoPayload.resourceName': 'target.id',
      'data.protoPayload.authenticationInfo.principalEmail': 'actor.name',
      'protoPayload.authenticationInfo.principalEmail': 'actor.name',
      'protoPayload.requestMetadata.callerIp': 'client_ip',
      'protoPayload.requestMetadata.callerSuppliedUserAgent': 'user_agent',
      'google.cloud.method_name': 'action',
    },
  },
  {
    product: 'azure',
    name: 'Azure',
    fields: {
      'properties.message': 'action',
      ActivityDisplayName: 'action',
      activityType: 'action',
      Caller: 'actor.name',
      'InitiatedBy.user.userPrincipalName': 'actor.name',
      UserPrincipalName: 'actor.name',
      Username: 'actor.name',
      IPAddress: 'client_ip',
      'TargetResources.id': 'target.id',
      'TargetResources.type': 'target.type',
    },
  },
  {
    product: 'm365',
    name: 'Microsoft 365',
    fields: { UserId: 'actor.name', ClientIP: 'client_ip', ObjectId: 'target.id' },
  },
  {
    product: 'okta',
    name: 'Okta',
    fields: {
      eventtype: 'action',
      'actor.alternateId': 'actor.name',
      'actor.alternateid': 'actor.name',
      'actor.displayName': 'actor.name',
      'client.ipAddress': 'client_ip',
      'client.ipaddress': 'client_ip',
      'client.userAgent.rawUserAgent': 'user_agent',
      'client.useragent.rawuseragent': 'user_agent',
    },
  },
  {
    product: 'github',
    name: 'GitHub',
    fields: { actor: 'actor.name', actor_ip: 'client_ip', programmatic_access_type: 'actor.type', repo: 'target.id' },
  },
  {
    product: 'gitlab',
    name: 'GitLab',
    fields: { author_name: 'actor.name', entity_type: 'target.type', entity_id: 'target.id' },
  },
  {
    product: 'bitbucket',
    name: 'Bitbucket',
    fields: { 'auditType.action': 'action', 'author.name': 'actor.name' },
  },
  {
    product: 'google_workspace',
    name: 'Google Workspace',
    fields: { 'actor.email': 'actor.name', ipAddress: 'client_ip' },
  },
  {
    product: 'kubernetes',
    name: 'Kubernetes audit log',
    fields: {
      'objectRef.resource': 'target.type',
      'objectRef.name': 'target.id',
      sourceIPs: 'client_ip',
      'user.username': 'actor.name',
      requestURI: 'path',
      'responseStatus.code': 'status_code',
    },
  },
  { product: 'onelogin', name: 'OneLogin', fields: { event_type_id: 'action', user_name: 'actor.name' } },
  { product: 'cisco', services: ['duo'], name: 'Cisco Duo', fields: { username: 'actor.name' } },
];

/**
 * Names that the catalogue knows of fields in other logs. Fields with few values are left out: another log has others. So are
 * numbers, which other logs have as words.
 */
const AKA: ReadonlyMap<string, string> = new Map(
  ENTRY_FIELDS.filter(({ closed, type }) => closed !== true && type === 'text').flatMap(({ name, aka = [] }) =>
    [name, ...aka].map((each) => [each.toLowerCase(), name] as const),
  ),
);

/** The name of a log that is like this one, and what its fields are called here; null for any other log. */
export function foreignLog({ product, service }: LogSource): {
  readonly name: string;
  readonly fieldFor: (theirs: string) => string | null;
} | null {
  const log = LOGS.find(
    (each) => each.product === product && (each.services === undefined || each.services.includes(service ?? '')),
  );
  if (log === undefined) return null;
  const own = new Map(Object.entries(log.fields).map(([theirs, ours]) => [theirs.toLowerCase(), ours]));
  return {
    name: log.name,
    fieldFor: (theirs) => own.get(theirs.toLowerCase()) ?? AKA.get(theirs.toLowerCase()) ?? null,
  };
}
