/**
 * Which Tocsin the operator's commands ask, and with which proof: LINK_SECRET, from the environment or else .dev.vars; or an
 * operator's viewer token in TOCSIN_TOKEN, for those who don't have it. Pure. No message contains either.
 */
import { tokenId } from '../access/viewer.ts';
import { readSecret } from '../config/values.ts';
import { parseDevVars } from './dev-vars.ts';
import { CALLED_WRONGLY, Failure } from './failure.ts';

/** Where `npm run dev` listens. */
export const LOCAL_URL = 'http://127.0.0.1:8787';

export interface TargetSources {
  /** `--url`. */
  readonly url: string | undefined;
  readonly env: { readonly [name: string]: string | undefined };
  /** The text of .dev.vars; null if there is no such file. */
  readonly devVars: string | null;
}

export interface Target {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly proof: Proof;
}

/** What the requests are signed with, or the token that they carry. */
export type Proof = { readonly linkSecret: string } | { readonly token: string };

/** The Tocsin to ask. Throws a `Failure` if the address or the secret is missing or wrong. */
export function readTarget({ url, env, devVars }: TargetSources): Target {
  const vars = devVars === null ? {} : parseDevVars(devVars);
  const address = url ?? (env.TOCSIN_URL || LOCAL_URL);
  return { origin: originOf(address, url === undefined ? 'TOCSIN_URL' : '--url'), proof: proofOf(env, vars) };
}

function proofOf(env: TargetSources['env'], vars: NodeJS.Dict<string>): Proof {
  const { TOCSIN_TOKEN: token } = env;
  if (!token) return { linkSecret: secretOf(env, vars) };
  if (tokenId(token) !== null) return { token };
  throw new Failure(
    'TOCSIN_TOKEN is not a viewer token',
    "Give an operator's, as `viewers add NAME --role operator` prints it, or unset it to use LINK_SECRET.",
    CALLED_WRONGLY,
  );
}

function secretOf(env: TargetSources['env'], vars: NodeJS.Dict<string>): string {
  const where = env.LINK_SECRET ? 'the environment' : '.dev.vars';
  const read = readSecret({ LINK_SECRET: env.LINK_SECRET || vars.LINK_SECRET }, 'LINK_SECRET');
  switch (read.kind) {
    case 'value':
      return read.value;
    case 'absent':
      throw new Failure(
        'LINK_SECRET is not set here',
        "Set it in the environment or in .dev.vars, to the Worker's value; or set TOCSIN_TOKEN to a viewer token.",
        CALLED_WRONGLY,
      );
    case 'wrong':
      throw new Failure(
        `LINK_SECRET in ${where} ${read.problem}`,
        "Set it to the Worker's value: 32 characters or more.",
        CALLED_WRONGLY,
      );
  }
}

function originOf(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const wrong = (problem: string) =>
    new Failure(
      `${source} ${problem}`,
      'Give only the origin, such as https://tocsin.example.workers.dev.',
      CALLED_WRONGLY,
    );
  if (url === null || !['http:', 'https:'].includes(url.protocol)) throw wrong('is not an http or https address');
  if (url.username !== '' || url.password !== '') throw wrong('contains a user name or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw wrong('has a path, query or fragment');
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol === 'http:' && !isLocal) throw wrong('is not https: others could read and use what is sent');
  return url.origin;
}
