/** Stories about API keys. */
import { CLIENTS } from '../../sandbox/people.ts';
import * as api from '../../sandbox/requests.ts';
import { DAY, MINUTE, SECOND } from '../calendar.ts';
import { clientOf, keyClient } from '../company.ts';
import type { Client } from '../world.ts';
import type { Story } from './story.ts';

const CURL = 'curl/8.7.1';
const PYTHON = 'python-requests/2.32.5';

/** A key that somebody has just made, as they use it. */
function madeKey(id: string, name: string, { address, userAgent }: Client): Client {
  return { actor: { id, name, type: 'api_key' }, address, userAgent };
}

const stolenCiKey: Story = {
  name: 'stolen-ci-key',
  about: "CI's key, used from abroad: it makes another key, which reads a kubeconfig and deletes machines",
  day: 1,
  play: ({ world, company, at, key, stranger, expect }) => {
    const { random } = world;
    const thief: Client = { ...key('github-actions'), address: stranger(), userAgent: CURL };
    const start = world.didAll(at(21.2), thief, [api.user(), api.list('vm'), api.list('api_key')], 20 * SECOND);
    const id = random.uuid();
    const made = world.did(start + MINUTE, thief, api.create('api_key', id));
    expect(
      {
        what: 'the stolen key makes a key from abroad',
        rules: [],
        tactics: ['persistence'],
        level: 'high',
        within: 10,
      },
      made,
    );
    const own = madeKey(id, 'deploy-backup', thief);
    const [cluster] = company.resources.get('nks_cluster') as string[];
    const read = world.did(start + 9 * MINUTE, own, api.kubeconfig(cluster as string));
    const credentials = {
      rules: [],
      tactics: ['credential-access', 'persistence'],
      level: 'high',
      within: 10,
    } as const;
    expect({ what: 'the key it made reads a kubeconfig', ...credentials }, read);
    let last = read;
    for (const [i, vm] of (company.resources.get('vm') as string[]).slice(0, 14).entries()) {
      last = world.did(start + 20 * MINUTE + i * 6 * SECOND, own, api.remove('vm', vm));
    }
    expect(
      { what: 'it deletes 14 machines', rules: [], tactics: ['impact', 'persistence'], level: 'high', within: 10 },
      last,
    );
  },
};

const keyByKey: Story = {
  name: 'key-by-key',
  about: 'from the machine of the dashboard, its key makes one that lasts for years, and nothing else',
  day: 2,
  play: ({ world, at, key, expect }) => {
    const made = world.did(
      at(13.6),
      { ...key('grafana'), userAgent: CURL },
      api.create('api_key', world.random.uuid()),
    );
    expect(
      { what: 'a key that only reads makes a key', rules: [], tactics: ['persistence'], level: 'medium', within: 15 },
      made,
    );
  },
};

const guessedKeys: Story = {
  name: 'guessed-keys',
  about: 'one address tries keys, and is answered 401 every time',
  day: 3,
  play: ({ world, at, stranger, expect }) => {
    const guesser: Client = { actor: null, address: stranger(), userAgent: PYTHON };
    for (let i = 0; i < 400; i++) {
      const refused = world.did(
        at(3.1) + i * 3 * SECOND,
        guesser,
        world.random.pick([api.user(), api.list('vm')]),
        401,
      );
      const guessing = { rules: [], tactics: ['credential-access'], level: 'medium', within: 10 } as const;
      if (i === 49) expect({ what: 'fifty keys tried', ...guessing }, refused);
    }
  },
};

const quietPersistence: Story = {
  name: 'quiet-persistence',
  about: 'a key is made at three at night, and used from another network more than two weeks later',
  day: 4,
  play: ({ world, company, at, person, stranger, expect }) => {
    const victim = person('engineer', 3);
    const day = world.days(victim.zone).find((each) => each.at(24) > at(3));
    if (day === undefined) throw new Error('the story has no day');
    const id = world.random.uuid();
    world.did(at(3), clientOf(victim, day, at(3)), api.create('api_key', id));
    const later = at(3.4) + 17 * DAY;
    const own = madeKey(id, 'sync', { actor: null, address: stranger(), userAgent: PYTHON });
    world.didAll(later, own, [api.list('vm'), api.list('nks_cluster')], MINUTE);
    const [cluster] = company.resources.get('nks_cluster') as string[];
    world.did(later + 5 * MINUTE, own, api.kubeconfig(cluster as string));
    const changed = world.did(later + 9 * MINUTE, own, api.update('nks_cluster', cluster as string));
    const theft = {
      rules: [],
      tactics: ['credential-access', 'initial-access', 'persistence'],
      level: 'medium',
    } as const;
    expect({ what: 'the sleeping key reads a kubeconfig and changes the cluster', ...theft, within: 30 }, changed);
  },
};

const keySwarm: Story = {
  name: 'key-swarm',
  about: "a person's session makes fifteen keys in four minutes",
  day: 7,
  play: ({ world, at, person, expect }) => {
    const victim = person('admin', 1);
    const by: Client = { actor: victim.actor, address: victim.home.v4, userAgent: victim.browser };
    for (let i = 0; i < 15; i++) {
      const made = world.did(at(22.3) + i * 16 * SECOND, by, api.create('api_key', world.random.uuid()));
      const swarm = { rules: [], tactics: ['persistence'], level: 'high', within: 10 } as const;
      if (i === 9) expect({ what: 'ten keys in three minutes', ...swarm }, made);
    }
  },
};

const dormantKey: Story = {
  name: 'dormant-key',
  about: 'a key that has not been used for a month comes back from another network',
  day: 25,
  play: ({ world, company, at, stranger, expect }) => {
    const { random } = world;
    const key = keyClient(random, 'migration-2025', '198.18.4.80', CLIENTS.js);
    // Used every day, until it was not needed any more.
    for (let hours = 1; hours < 60; hours += 2) {
      world.didAll(world.from + hours * 60 * MINUTE, key, [api.list('vm'), api.list('volume')], SECOND);
    }
    const thief: Client = { ...key, address: stranger(), userAgent: CLIENTS.go };
    world.didAll(at(15.3), thief, [api.list('vm'), api.list('vpc'), api.list('nks_cluster')], 10 * SECOND);
    const vm = random.pick(company.resources.get('vm') as string[]);
    const changed = world.did(at(15.4), thief, api.update('vm', vm));
    const awakes = {
      rules: [],
      tactics: ['initial-access', 'persistence', 'stealth'],
      level: 'medium',
      within: 30,
    } as const;
    expect({ what: 'the key awakes and changes a machine', ...awakes }, changed);
  },
};

export const KEY_STORIES = [stolenCiKey, keyByKey, guessedKeys, quietPersistence, keySwarm, dormantKey];
