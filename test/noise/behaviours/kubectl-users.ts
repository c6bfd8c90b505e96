/**
 * People who work with Kubernetes. Each has a key for the command line on their laptop. An exec plugin asks for the kubeconfig
 * whenever its copy is older than 15 minutes, k9s and Lens ask for several clusters at once, a script fetches all of them on
 * Monday, and some download it in the console.
 */
import { CLIENTS } from '../../sandbox/people.ts';
import * as api from '../../sandbox/requests.ts';
import { HOUR, MINUTE, SECOND } from '../calendar.ts';
import { arrival, type Company, clientOf, keyClient, type Person } from '../company.ts';
import { between, type Client, times, type World, whole } from '../world.ts';
import type { Behaviour } from './behaviour.ts';

export const kubectlUsers: Behaviour = {
  name: 'kubectl-users',
  about: 'engineers and exec plugins read kubeconfigs all day',
  add: (world, company) => {
    const { random } = world;
    for (const person of company.people.filter(({ role }) => role !== 'finance')) useKubectl(world, company, person);
    // What deploys from inside the office: it reads the clusters' kubeconfigs every hour, day and night.
    const deployer = keyClient(random, 'argocd', '198.18.4.70');
    for (let at = world.from + 7 * MINUTE; at < world.to; at += HOUR) {
      world.didAll(at, deployer, clustersOf(company).map(api.kubeconfig), SECOND);
    }
  },
};

function clustersOf(company: Company): readonly string[] {
  return company.resources.get('nks_cluster') as string[];
}

export function useKubectl(world: World, company: Company, person: Person): void {
  const { random } = world;
  const laptop = keyClient(random, `${person.actor.name?.split(' ')[0]?.toLowerCase()}-laptop`, '');
  const clusters = clustersOf(company);
  const own = random.pick(clusters);
  const usesPlugin = random.chance(0.5);
  for (const day of world.days(person.zone)) {
    if (!day.isWorkday || random.chance(0.1)) continue;
    const begins = arrival(day, random);
    const ends = begins + 8.5 * HOUR;
    const from = (at: number, userAgent: string): Client => {
      return { ...laptop, address: clientOf(person, day, at).address, userAgent };
    };
    if (day.weekday === 1 && random.chance(0.6)) {
      const all = [api.list('nks_cluster'), ...clusters.map(api.kubeconfig)];
      world.didAll(begins, from(begins, CLIENTS.cli), all, 1.5 * SECOND);
    }
    if (usesPlugin) {
      // While somebody types, it asks as often as its copy allows.
      for (const spell of times(random, whole(random, 2, 4), begins, ends)) {
        for (let at = spell; at < spell + between(random, 0.3 * HOUR, 1.5 * HOUR); at += 15 * MINUTE) {
          world.did(at, from(at, CLIENTS.go), api.kubeconfig(own));
        }
      }
    } else {
      for (const at of times(random, whole(random, 0, 3), begins, ends)) {
        world.did(at, from(at, CLIENTS.cli), api.kubeconfig(random.chance(0.8) ? own : random.pick(clusters)));
      }
    }
    // k9s and Lens: all clusters, to show their names.
    if (random.chance(0.15)) {
      const at = between(random, begins, ends);
      for (const cluster of clusters)
        world.did(at + random.next() * SECOND, from(at, CLIENTS.cli), api.kubeconfig(cluster));
    }
    if (random.chance(0.1)) {
      const at = between(random, begins, ends);
      const cluster = random.pick(clusters);
      const page = [api.list('nks_cluster'), api.read('nks_cluster', cluster), api.kubeconfig(cluster)];
      world.didAll(at, clientOf(person, day, at), page, 4 * SECOND);
    }
  }
}
