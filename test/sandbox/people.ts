/**
 * The actors of the simulated organization: people in browsers, and API keys in terraform, CI and monitoring. Pure. The
 * addresses are reserved for documentation (RFC 5737, RFC 3849).
 */

import type { Random } from './random.ts';

export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly type: 'user' | 'api_key';
  readonly habit: Habit;
  readonly addresses: readonly string[];
  readonly userAgents: readonly string[];
}

/** The role of an actor, which decides when it is active and what it does. */
export type Habit = 'admin' | 'engineer' | 'analyst' | 'terraform' | 'ci' | 'monitor' | 'backup';

const OFFICE = '203.0.113.10';

export const BROWSERS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:151.0) Gecko/20100101 Firefox/151.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Safari/605.1.15',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36 Edg/147.0.0.0',
] as const;

/** As the vendor's clients send them. Terraform's provider is made with the Go SDK, and sends what that does. */
export const CLIENTS = {
  go: 'NirvanaLabs/Go 1.94.3',
  js: 'NirvanaLabs/JS 1.98.1',
  cli: 'NirvanaLabs/CLI 0.9.0',
} as const;

const PEOPLE: readonly (readonly [string, Habit])[] = [
  ['Alice Smith', 'admin'],
  ['Bruno Okafor', 'admin'],
  ['Chen Wei', 'engineer'],
  ['Dana Levi', 'engineer'],
  ['Emeka Obi', 'engineer'],
  ['Freya Lindqvist', 'engineer'],
  ['Gabriela Souza', 'engineer'],
  ['Hiro Tanaka', 'analyst'],
  ['Ines Moreau', 'analyst'],
];

const KEYS: readonly (readonly [string, Habit, readonly string[], string])[] = [
  ['terraform-production', 'terraform', ['203.0.113.44'], CLIENTS.go],
  [
    'github-actions',
    'ci',
    ['192.0.2.11', '192.0.2.12', '192.0.2.13', '192.0.2.14', '192.0.2.15', '192.0.2.16'],
    CLIENTS.go,
  ],
  ['grafana-exporter', 'monitor', ['203.0.113.61'], CLIENTS.js],
  ['nightly-backup', 'backup', ['203.0.113.62'], CLIENTS.cli],
];

/** All actors, with random ids and addresses. */
export function createActors(random: Random): readonly Actor[] {
  const people = PEOPLE.map(([name, habit], i): Actor => {
    const home = i % 4 === 3 ? `2001:db8:${(0x10 + i).toString(16)}::${(1 + random.below(0xffff)).toString(16)}` : null;
    return {
      id: random.uuid(),
      name,
      type: 'user',
      habit,
      addresses: [OFFICE, OFFICE, home ?? `198.51.100.${20 + i}`],
      userAgents: [random.pick(BROWSERS)],
    };
  });
  const keys = KEYS.map(([name, habit, addresses, userAgent]): Actor => {
    return { id: random.uuid(), name, type: 'api_key', habit, addresses, userAgents: [userAgent] };
  });
  return [...people, ...keys];
}

/** How active a habit is at an hour (UTC), relative to a person's busiest hour. */
export function busyness(habit: Habit, hour: number, weekend: boolean): number {
  const office = OFFICE_HOURS[hour] ?? 0;
  switch (habit) {
    case 'admin':
    case 'engineer':
    case 'analyst':
      return office * (weekend ? 0.1 : 1);
    case 'terraform':
      return (0.1 + office * 1.5) * (weekend ? 0.2 : 1);
    case 'ci':
      return (hour === 2 ? 3 : 0.2 + office * 2) * (weekend ? 0.4 : 1);
    case 'monitor':
      return 1.5;
    case 'backup':
      return hour === 1 || hour === 3 ? 3 : 0.05;
  }
}

const OFFICE_HOURS = [0, 0, 0, 0, 0, 0, 0.1, 0.4, 0.8, 1, 1, 0.9, 0.5, 0.8, 1, 1, 0.9, 0.6, 0.3, 0.15, 0.1, 0.05, 0, 0];
