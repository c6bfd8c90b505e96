/**
 * A whole site in memory, for requests: the app, the real ledger over SQLite in Node with hostile entries, alerts, deliveries
 * and records in quarantine, viewer tokens in a map for KV, and an upstream that answers what the input says.
 *
 * Contract: the same for the same number. GET requests change nothing in it but the security log.
 */

import { signPass } from '../../src/access/link.ts';
import { operatorToken } from '../../src/access/operator.ts';
import { sha256 } from '../../src/access/seal.ts';
import { signSession } from '../../src/access/session.ts';
import { makeToken, ROLES, TOKEN_BYTES } from '../../src/access/viewer.ts';
import { NO_LINKS } from '../../src/alert/links.ts';
import { readRecord } from '../../src/audit-log/page.ts';
import { readConfig } from '../../src/config/config.ts';
import { EVERY_ALERT } from '../../src/ledger/alert-query.ts';
import { createHost } from '../../src/ledger/host.ts';
import { createViews } from '../../src/ledger/read/views.ts';
import { createRestore } from '../../src/ledger/restore.ts';
import type { Incoming, LedgerViews } from '../../src/ledger/rpc.ts';
import { readLedgerId } from '../../src/ledger/store/identity.ts';
import { RECEIVER_TYPES } from '../../src/notify/registry.ts';
import { ruleSet } from '../../src/rules.gen.ts';
import { compile } from '../../src/sigma/index.ts';
import type { AllDeps } from '../../src/web/app.ts';
import { type ViewerKv, writeViewer } from '../../src/web/viewer-store.ts';
import { createScene, incoming, MINUTE, NOON, onAction, route } from '../ledger/scene.ts';
import { createDice } from '../simulation/random.ts';
import { assets } from '../support/assets.ts';
import { readView } from '../support/visitors.ts';
import { hostileText, SECRETS } from './texts.ts';

export const NOW = NOON;
const ENTRIES = 24;
const ACTIONS = ['vm.deleted', 'api_key.deleted', 'nks_cluster.kubeconfig_read', 'vm.created'];

export interface FuzzWorld {
  readonly deps: AllDeps;
  /** What exists, by the part of a path before its id. */
  readonly ids: Readonly<Record<'entries' | 'alerts' | 'rules' | 'quarantine' | 'viewers', readonly string[]>>;
  /**
   * What each caller adds to a request for a method, a path with its query, and a body: nobody; the operator secret; a token of
   * each role; a session of each; links.
   */
  readonly callers: readonly ((method: string, path: string, body: string) => Promise<Record<string, string>>)[];
  /** Passes of links, as query parameters. */
  readonly passes: readonly string[];
}

/** Makes one. `answer`: the upstream's. */
export async function createFuzzWorld(number: number, answer: () => Response): Promise<FuzzWorld> {
  const dice = createDice(number + 7);
  const rules = [...ruleSet.rules, ...ACTIONS.map((action) => onAction(action, { level: 'high' }))];
  const engine = compile({ version: ruleSet.version, rules });
  const scene = createScene(rules, { engine, receivers: [route('slack'), route('webhook', { minLevel: 'high' })] });
  const entries = Array.from({ length: ENTRIES }, (_, i) => entryOf(dice, i));
  scene.record(entries, {
    invalid: Array.from({ length: 4 }, () => {
      const text = JSON.stringify({ id: hostileText(dice, 80), x: hostileText(dice, 200) });
      return { id: hostileText(dice, 80), problem: hostileText(dice, 80), text, readAt: NOW };
    }),
  });
  scene.send(NOW, () => ({ kind: 'refused', reason: hostileText(dice, 100) }));
  const alarm = { get: async () => NOW, set: async () => {} };
  const ledgerViews = createViews(scene.store, { engine, status: scene.ledger.status });
  const host = createHost({
    ledger: scene.ledger,
    store: scene.store,
    outbox: scene.outbox,
    receivers: [],
    linksOf: async () => NO_LINKS,
    alarm,
    now: () => NOW,
    log: { sent: () => {}, failed: () => {} },
  });
  const views: LedgerViews = {
    status: async () => scene.ledger.status(NOW),
    overview: async () => ledgerViews.overview(NOW),
    entry: async (id, scope) => ledgerViews.entry(id, scope),
    entryText: async (id, scope) => ledgerViews.entryText(id, scope),
    alert: async (id, scope) => ledgerViews.alert(id, scope),
    linked: async (scope) => ledgerViews.linked(scope),
    alerts: async (query) => ledgerViews.alerts(query),
    logLines: async (query) => ledgerViews.logLines(query),
    actLog: async (after) => ledgerViews.actLog(after),
    alertWhy: async (id) => ledgerViews.alertWhy(id, NOW),
    alertRoute: async (id) => ledgerViews.alertRoute(id, NOW),
    entryWhy: async (id) => ledgerViews.entryWhy(id, NOW),
    textWhy: async (text) => ledgerViews.textWhy(text, NOW),
    silences: async () => ledgerViews.silences(NOW),
    rules: async () => ledgerViews.rules(),
    quarantine: async (before) => ledgerViews.quarantine(before),
    quarantined: async (name) => ledgerViews.quarantined(name),
    securityLog: async (before) => ledgerViews.securityLog(before, NOW),
  };
  const restore = createRestore({
    ledger: scene.ledger,
    recovery: {
      current: async () => 'now',
      bookmarkFor: async () => 'then',
      restoreAt: async () => {},
      abort: () => {},
    },
    alarm,
    now: () => NOW,
  });
  for (const act of ['sign-in', 'viewer added', 'rewind'] as const) {
    const [who, detail] = [hostileText(dice, 80), hostileText(dice, 80)];
    await host.recordSecurity({ act, who, detail, address: hostileText(dice, 40), agent: hostileText(dice, 100) });
  }
  const kv = mapKv();
  const config = readConfig(
    {
      ...{ NIRVANA_LABS_API_KEY: SECRETS.apiKey, NIRVANA_LABS_BASE_URL: 'https://api.fuzz.example' },
      ...{ LINK_SECRET: SECRETS.linkSecret, SLACK_WEBHOOK_URL: SECRETS.webhookUrl, KV: kv, LEDGER: {} },
      ...{ WEBHOOK_URL: SECRETS.ownWebhook, WEBHOOK_SECRET: SECRETS.webhookSecret, HEARTBEAT_URL: SECRETS.heartbeat },
      PUBLIC_URL: 'https://tocsin.example',
      ASSETS: assets,
    },
    RECEIVER_TYPES,
  );
  const deps: AllDeps = {
    config: { ...config, kv: kv as never },
    ledger: {
      view: readView,
      ...views,
      resend: host.resend,
      act: host.act,
      silence: host.silence,
      expireSilence: host.expireSilence,
      testReceivers: host.testReceivers,
      release: host.release,
      recordSecurity: host.recordSecurity,
      countRefusals: host.countRefusals,
      drop: host.drop,
      backfill: host.backfill,
      cancelBackfill: host.cancelBackfill,
      passes: host.passes,
      ledgerId: host.ledgerId,
      spendProof: host.spendProof,
      isProofSpent: host.isProofSpent,
    },
    reconnect: () => ({ ...restore, recordSecurity: host.recordSecurity, countRefusals: host.countRefusals }),
    now: () => NOW,
    // Refusals are numbers only: they are not counted.
    later: () => {},
    refusals: { hours: [], reportAt: Number.POSITIVE_INFINITY },
    fetch: async () => answer(),
  };
  const tokens = await Promise.all(
    ROLES.map(async (role, i) => {
      const { id, token } = makeToken(new Uint8Array(TOKEN_BYTES).fill(i + 1), SECRETS.linkSecret);
      await writeViewer(kv, id, {
        hash: await sha256(token),
        name: hostileText(dice, 60),
        createdAt: NOW,
        expiresAt: null,
        role,
      });
      return { id, token };
    }),
  );
  const { alerts } = ledgerViews.alerts(EVERY_ALERT);
  const ledger = readLedgerId(scene.store);
  const passes = alerts
    .slice(0, 3)
    .map(({ id }, i) =>
      signPass(SECRETS.linkSecret, { alert: id, ledger, expires: NOW + (i === 2 ? -1 : 1) * MINUTE }),
    );
  return {
    deps,
    ids: {
      entries: entries.map(({ id }) => id),
      alerts: alerts.map(({ id }) => String(id)),
      rules: rules.map(({ id }) => id),
      quarantine: ledgerViews.quarantine(null).records.map(({ key }) => key),
      viewers: tokens.map(({ id }) => id),
    },
    passes,
    callers: [
      async () => ({}),
      async (method, path, body) => ({
        authorization: `Bearer ${await operatorToken(SECRETS.linkSecret, method, path, body, NOW)}`,
      }),
      ...tokens.map(({ token }) => async () => ({ authorization: `Bearer ${token}` })),
      ...tokens.map(({ id }) => async () => ({
        cookie: `__Host-tocsin=${signSession(SECRETS.linkSecret, { viewer: id, ledger, expires: NOW + MINUTE, id })}`,
      })),
      async () => ({ cookie: `__Host-tocsin-links=${passes.join('_')}` }),
    ],
  };
}

function entryOf(dice: ReturnType<typeof createDice>, i: number): Incoming {
  const text = (): string | null => (dice.chance(0.1) ? null : hostileText(dice, 300));
  const id = dice.chance(0.5) ? `entry-${i}` : `${hostileText(dice, 60).toWellFormed()}-${i}`;
  const body = {
    ...{
      id,
      created_at: new Date(NOW - i * 1000).toISOString(),
      action: dice.chance(0.7) ? dice.pick(ACTIONS) : text(),
    },
    actor: { id: dice.pick(['a', 'b', text()]), name: text(), type: text() },
    target: { id: text(), type: text() },
    ...{
      client_ip: dice.pick(['203.0.113.9', text()]),
      method: text(),
      path: text(),
      status_code: 200,
      user_agent: text(),
    },
    [hostileText(dice, 30)]: [text(), { [hostileText(dice, 30)]: 12345.5 }],
  };
  const read = readRecord(body);
  if ('problem' in read) throw new Error('an entry of the world is malformed');
  return incoming(read.id, read.createdAt, JSON.stringify(body));
}

/** A KV namespace as far as viewers need one. */
function mapKv(): ViewerKv {
  const values = new Map<string, { readonly text: string; readonly metadata: unknown }>();
  const kv = {
    get: async (key: string | readonly string[]) =>
      typeof key === 'string'
        ? (values.get(key)?.text ?? null)
        : new Map(key.map((each) => [each, values.get(each)?.text ?? null])),
    put: async (key: string, text: string, { metadata = null }: { metadata?: unknown } = {}) => {
      values.set(key, { text, metadata });
    },
    delete: async (key: string) => {
      values.delete(key);
    },
    list: async ({ prefix = '' }: { prefix?: string }) => ({
      keys: [...values].flatMap(([name, { metadata }]) => (name.startsWith(prefix) ? [{ name, metadata }] : [])),
      list_complete: true,
    }),
  };
  return kv as unknown as ViewerKv;
}
