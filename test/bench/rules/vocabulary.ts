/** The words of generated rules and of unusual generated entries. */

/** The targets of actions: those of the sandbox's organizations, and more. */
export const KINDS = [
  ...['vm', 'volume', 'vpc', 'connect_connection', 'rpc_node_flex', 'rpc_node_dedicated', 'nks_cluster', 'project'],
  ...['api_key', 'organization', 'usage', 'database', 'bucket', 'secret', 'dns_zone', 'load_balancer', 'certificate'],
  ...[
    'firewall',
    'snapshot',
    'registry',
    'queue',
    'role',
    'policy',
    'session',
    'webhook',
    'billing_account',
    'invoice',
  ],
] as const;

export const VERBS = [
  ...['read', 'listed', 'created', 'deleted', 'updated', 'restarted', 'attached', 'detached', 'kubeconfig_read'],
  ...['pool_updated', 'firewall_rule_updated', 'exported', 'shared', 'rotated', 'disabled', 'imported', 'assumed'],
] as const;

/** The beginnings of user agents. */
export const AGENTS = [
  ...['curl/', 'Wget/', 'python-requests/', 'Go-http-client/', 'PostmanRuntime/', 'okhttp/', 'aiohttp/', 'axios/'],
  ...['sqlmap/', 'Nikto/', 'Nmap Scripting Engine ', 'masscan/', 'gobuster/', 'Hydra ', 'Nuclei - v', 'WPScan v'],
  ...['ffuf/', 'feroxbuster/', 'dirbuster-', 'httpx - v', 'zgrab/', 'Mozilla/4.0 (compatible; MSIE ', 'Java/', 'Ruby '],
  ...['PowerShell/', 'Scrapy/', 'libwww-perl/', 'HeadlessChrome/', 'PhantomJS/', 'kubectl/v', 'Helm/', 'rclone/v'],
] as const;

/** Ends of paths. */
export const PATHS = [
  ...[
    '/kubeconfig',
    '/pools/',
    '/export',
    '/.env',
    '/../../etc/passwd',
    '/admin',
    '/debug/pprof',
    '/console',
    '/backup',
  ],
  ...[
    '/restart',
    '/keys',
    '/tokens',
    '/%2e%2e/',
    '/firewall_rules/any',
    '/shell',
    '/metrics',
    '/credentials',
    '/rotate',
  ],
  ...['/snapshots', '/transfer', '/members/invite', '/roles/owner', '/policies', '/ssh_keys', '/userdata', '/disable'],
] as const;

export const NAMES = [
  ...[
    'root',
    'Administrator',
    'svc-backup',
    'svc-deploy',
    'contractor-01',
    'contractor-02',
    'Mallory Grey',
    'Eve Black',
  ],
  ...['break-glass', 'test-user', 'ci-runner', 'temp-admin', 'Trent Hill', 'ops-oncall', 'intern-2026', 'legacy-sync'],
] as const;

/** Of unusual entries; the star is any number. */
export const ADDRESSES = [
  ...[
    '10.0.0.*',
    '10.20.30.*',
    '172.16.4.*',
    '192.168.1.*',
    '100.64.7.*',
    '45.83.64.*',
    '185.220.101.*',
    '23.129.64.*',
  ],
  ...['2001:db8:bad::*', '2a0b:f4c2:1::*', '::ffff:10.0.0.*'],
] as const;
