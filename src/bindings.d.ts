/** What the Worker is bound to. Only config/ reads it; it reads the receivers' secrets by the names in notify/registry.ts. */
declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('./index.ts');
    durableNamespaces: 'Ledger';
  }
  interface Env {
    KV: KVNamespace;
    LEDGER: DurableObjectNamespace<import('./ledger/durable.ts').Ledger>;
    ASSETS?: Fetcher;
    RATE_LIMIT?: RateLimit;
    RATE_LIMIT_WIDE?: RateLimit;
    EMAIL?: SendEmail;
    NIRVANA_LABS_API_KEY?: string;
    NIRVANA_LABS_BASE_URL?: string;
    LINK_SECRET?: string;
    LINK_SECRET_PREVIOUS?: string;
    PUBLIC_URL?: string;
    ACCESS_TEAM_DOMAIN?: string;
    ACCESS_AUD?: string;
    SLACK_SIGNING_SECRET?: string;
    SLACK_RESPONDERS?: string;
    PAGERDUTY_WEBHOOK_SECRET?: string;
    PAGERDUTY_API_TOKEN?: string;
    HEARTBEAT_URL?: string;
    API_KEY_EXPIRES_AT?: string;
    API_KEY_SHARED?: string;
    START_AT?: string;
    FIRST_READ?: string;
    ALLOWED_LATENESS?: string;
    BLIND_AFTER?: string;
    RETENTION?: string;
    PLAN?: string;
  }
}
