/**
 * Keys were made together and expire together, on Monday at noon. Exporters and jobs go on with them, and are refused for days,
 * until somebody gives them new ones on Friday; one of them is started again whenever it fails. One more key lost a permission and is refused one page of five all the time.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import type { ApiRequest, Kind } from '../../sandbox/requests.ts';
import * as api from '../../sandbox/requests.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../calendar.ts';
import { type Company, clientOf, keyClient } from '../company.ts';
import type { Client, World } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

const PAGE_KINDS: readonly Kind[] = ['vm', 'volume', 'vpc', 'nks_cluster'];

interface Job {
  readonly name: string;
  readonly address: string;
  readonly userAgent: string;
  readonly everyMs: number;
  /** How soon it tries again where it was refused; absent: as ever. */
  readonly refusedMs?: number;
  readonly requests: readonly ApiRequest[];
}

export const expiredKeys: Behaviour = {
  name: 'expired-keys',
  about: 'exporters and jobs go on with expired keys, refused at every scrape for days',
  add: (world, company) => {
    const expiredAt = world.countedFrom + 12 * HOUR;
    const renewedAt = world.countedFrom + 4 * DAY + 9.5 * HOUR;
    const jobs = jobsOf(company);
    const keys = jobs.map(({ name, address, userAgent }) => keyClient(world.random, name, address, userAgent));
    const renewed = renew(world, company, keys, renewedAt);
    for (const [i, { everyMs, refusedMs = everyMs, requests }] of jobs.entries()) {
      const [old, made] = [keys[i] as Client, renewed[i] as Client];
      for (let at = world.from + world.random.next() * everyMs; at < world.to; ) {
        const isExpired = at >= expiredAt && at < renewedAt + 20 * MINUTE;
        // Refused or not: each asks for all of its pages.
        for (const [n, request] of requests.entries()) {
          const by = at < renewedAt + 20 * MINUTE ? old : made;
          world.did(at + n * 0.2 * SECOND, by, request, isExpired ? 401 : undefined);
        }
        at += isExpired ? refusedMs : everyMs;
      }
    }
    losesPermission(world, company);
  },
};

function jobsOf(company: Company): readonly Job[] {
  const vms = (company.resources.get('vm') as string[]).slice(0, 12);
  const pages = PAGE_KINDS.map(api.list);
  return [
    {
      name: 'exporter-eu',
      address: '198.18.30.11',
      userAgent: CLIENTS.go,
      everyMs: MINUTE,
      refusedMs: 15 * SECOND,
      requests: pages.slice(0, 2),
    },
    { name: 'exporter-us', address: '198.18.31.12', userAgent: CLIENTS.go, everyMs: 2 * MINUTE, requests: pages },
    {
      name: 'cost-report',
      address: '198.18.30.13',
      userAgent: CLIENTS.js,
      everyMs: HOUR,
      requests: [api.usage(), ...pages],
    },
    {
      name: 'snapshots',
      address: '198.18.30.14',
      userAgent: CLIENTS.cli,
      everyMs: 15 * MINUTE,
      requests: [api.list('volume')],
    },
    {
      name: 'drift-check',
      address: '198.18.30.15',
      userAgent: CLIENTS.go,
      everyMs: 4 * HOUR,
      requests: vms.map((id) => api.read('vm', id)),
    },
    {
      name: 'autoscaler',
      address: '198.18.32.16',
      userAgent: CLIENTS.go,
      everyMs: MINUTE,
      requests: [api.list('nks_cluster')],
    },
  ];
}

/** An admin makes new keys for all of them and deletes the old ones; returns the new ones. */
function renew(world: World, company: Company, keys: readonly Client[], at: number): Client[] {
  const admin = company.people.find(({ role }) => role === 'admin');
  const day = world.days('UTC').find((each) => each.at(24) > at);
  if (admin === undefined || day === undefined) throw new Error('an admin and a day are missing');
  const by = clientOf(admin, day, at);
  const renewed = keys.map((key) => keyClient(world.random, key.actor?.name ?? '', key.address, key.userAgent));
  renewed.forEach(({ actor }, i) => {
    world.did(at + i * 90 * SECOND, by, api.create('api_key', actor?.id ?? ''));
    world.did(at + HOUR + i * 8 * SECOND, by, api.remove('api_key', keys[i]?.actor?.id ?? ''));
  });
  return renewed;
}

/** From Wednesday on, a key that was limited to one project may not see the nodes of another. */
function losesPermission(world: World, company: Company): void {
  const by = keyClient(world.random, 'status-page', '198.18.33.17', CLIENTS.js);
  const node = (company.resources.get('rpc_node_dedicated') as string[])[0] as string;
  const lostAt = world.countedFrom + 2 * DAY + 14 * HOUR;
  for (let at = world.from; at < world.to; at += 3 * MINUTE) {
    world.didAll(at, by, [api.list('rpc_node_flex'), api.list('vm')], 0.2 * SECOND);
    world.did(at + SECOND, by, api.read('rpc_node_dedicated', node), at < lostAt ? undefined : 403);
  }
}
