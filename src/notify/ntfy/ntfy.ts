/**
 * ntfy: notifications on a person's phone, by ntfy.sh or a server of one's own.
 *
 * Contract: pure; a problem never holds the topic or the token.
 */
import { isLocal, parseHttpsUrl } from '../../config/address.ts';
import { after, bySecret, type Reading, readText, value, wrong } from '../../config/setting.ts';
import type { ReceiverType } from '../receiver.ts';
import { createNtfy, type NtfyTopic } from './send.ts';

const EXPECTS = "a topic's URL, https://ntfy.sh/… or, with an access token, https://:tk_…@ntfy.sh/…";

export const ntfy: ReceiverType = {
  type: 'ntfy',
  label: 'ntfy',
  docs: 'https://docs.ntfy.sh/publish/',
  secret: 'NTFY_URL',
  signingSecret: null,
  expects: EXPECTS,
  settings: [],
  bindings: [],
  placesIn: null,
  read(env, { name, secret }, take) {
    const hint = `set it to ${EXPECTS}: ${bySecret(secret)}`;
    const topic = take(secret, after(readText(env, secret), parseTopicUrl), hint);
    if (topic === null) return null;
    return ({ fetch, timeoutMs }) => createNtfy(topic, { name, setting: secret, fetch, timeoutMs });
  },
};

/** Our own limit for topics that everybody may read and write to who knows their name. */
const PUBLIC_NAME_MIN = 16;

/**
 * The URL of a topic: its name is the whole path, since a message as JSON is sent to the server's root
 * (https://docs.ntfy.sh/publish/#publish-as-json). An access token stands where a password would, as in
 * `curl -u :tk_…` (…/publish/#access-tokens): every topic has its own.
 */
function parseTopicUrl(text: string): Reading<NtfyTopic> {
  const [, scheme, token = null, rest] = /^(https?:\/\/)(?::(tk_\w+)@)?(.*)$/s.exec(text) ?? [];
  return after(parseHttpsUrl(scheme === undefined ? text : `${scheme}${rest}`), (url) => {
    const { origin, pathname, search, hash } = url;
    const name = pathname.slice(1);
    // https://github.com/binwiederhier/ntfy/blob/main/server/server.go: topicRegex.
    if (!/^[\w-]{1,64}$/.test(name)) return wrong('has no topic: one name of letters, digits, _ and - after the host');
    if (search !== '' || hash !== '') return wrong('has more than a topic after the host');
    if (token === null && name.length < PUBLIC_NAME_MIN && !isLocal(url)) {
      return wrong(`has a topic that others can guess: take ${PUBLIC_NAME_MIN} random characters, or an access token`);
    }
    return value({ origin, name, token });
  });
}
