/** The fifteen ordinary behaviours, and the company without any; and others. */
import type { Behaviour } from './behaviour.ts';
import { consolePricing } from './console-pricing.ts';
import { deleteAndPoll } from './delete-and-poll.ts';
import { expiredKeys } from './expired-keys.ts';
import { expiredSessions } from './expired-sessions.ts';
import { githubActions } from './github-actions.ts';
import { ipv6Privacy } from './ipv6-privacy.ts';
import { keyBroker } from './key-broker.ts';
import { kubectlUsers } from './kubectl-users.ts';
import { natOffice } from './nat-office.ts';
import { OTHERS_BY_KEYS } from './others-by-keys.ts';
import { OTHERS_BY_PEOPLE } from './others-by-people.ts';
import { sdkUnder429 } from './sdk-under-429.ts';
import { terraform } from './terraform.ts';
import { trainAndMobile } from './train-and-mobile.ts';
import { vacationReturn } from './vacation-return.ts';
import { waitingForCluster } from './waiting-for-cluster.ts';
import { weekendJanitor } from './weekend-janitor.ts';

const companyAlone: Behaviour = { name: 'company', about: 'a small company that does little', add: () => {} };

export const BEHAVIOURS: readonly Behaviour[] = [
  companyAlone,
  keyBroker,
  kubectlUsers,
  expiredKeys,
  ipv6Privacy,
  githubActions,
  expiredSessions,
  waitingForCluster,
  sdkUnder429,
  natOffice,
  terraform,
  deleteAndPoll,
  trainAndMobile,
  consolePricing,
  weekendJanitor,
  vacationReturn,
];

/** More of them, so that rules are not only right for the fifteen. */
export const OTHERS: readonly Behaviour[] = [...OTHERS_BY_PEOPLE, ...OTHERS_BY_KEYS];
