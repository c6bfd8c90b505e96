/** Notifications for tests, which vary them. */
import { type Links, NO_LINKS } from '../../src/alert/links.ts';
import type { AlertNotification, HealthNotification, Notification } from '../../src/alert/notification.ts';
import type { Outgoing } from '../../src/notify/receiver.ts';

export const OPENED: AlertNotification = {
  kind: 'opened',
  alert: {
    id: 12,
    ruleId: '5f1c2f0e-7c1b-4d5e-9f43-6c1d1a3b7e55',
    title: 'API key deleted',
    description: 'An API key was deleted. What used it no longer works.',
    level: 'high',
    runbook: 'https://example.com/runbooks/api-keys?a=1&b=2',
    falsepositives: ['Rotation of keys that was announced'],
    tags: ['attack.t1531'],
    key: [{ field: 'actor.id', value: '123e4567-e89b-12d3-a456-426614174000' }],
    count: 1,
    firstAt: Date.UTC(2026, 0, 31, 9, 30, 0),
    lastAt: Date.UTC(2026, 0, 31, 9, 30, 0),
    periodMs: 3_600_000,
  },
  entry: {
    id: 'a1b2c3d4-0000-4000-8000-000000000001',
    createdAt: Date.UTC(2026, 0, 31, 9, 30, 0),
    action: 'api_key.deleted',
    actor: { id: '123e4567-e89b-12d3-a456-426614174000', name: 'Alice Smith', type: 'user' },
    target: { id: '9f8e7d6c-0000-4000-8000-000000000002', type: 'api_key' },
    clientIp: '203.0.113.9',
    method: 'DELETE',
    path: '/v1/api_keys/9f8e7d6c-0000-4000-8000-000000000002',
    statusCode: '204',
    userAgent: 'Terraform/1.5.7 (+https://www.terraform.io)',
  },
  evidence: [{ selection: 'deleted', field: 'action', value: 'api_key.deleted' }],
  window: null,
};

export const CORRELATED: AlertNotification = {
  ...OPENED,
  alert: { ...OPENED.alert, title: 'Burst of refused requests', runbook: 'Block the address.\nAsk the actor.' },
  window: {
    type: 'event_count',
    value: 20,
    atLeast: false,
    timespanMs: 600_000,
    fields: [],
    percentile: null,
    rules: [],
    condition: '20 or more',
    first: [OPENED.entry],
  },
};

export const BLIND = {
  kind: 'health',
  health: {
    kind: 'blind',
    level: 'critical',
    subject: null,
    summary: 'Nothing was read for 15 minutes: the upstream answers 401.',
    hint: 'Make a new API key and set it:\nnpx wrangler secret put NIRVANA_LABS_API_KEY',
    since: Date.UTC(2026, 0, 31, 9, 30, 0),
  },
} as const satisfies HealthNotification;

/** Links as the Worker makes them. */
export const LINKS: Links = {
  alert: 'https://tocsin.example.workers.dev/alerts/12?pass=12.1770456600.4f0c',
  entry: 'https://tocsin.example.workers.dev/entries/a1b2c3d4-0000-4000-8000-000000000001?pass=12.1770456600.4f0c',
  alerts: 'https://tocsin.example.workers.dev/alerts',
};

/** Of the buttons that lead to what can be done with the alert. */
export const ACT_LINKS = ['acknowledge', 'silence'].map((part) => `${LINKS.alert}#${part}`);

/** `notification` on its way out. */
export function outgoing(notification: Notification, links: Links = NO_LINKS): Outgoing {
  return { id: 'delivery-7', notification, links };
}
