/**
 * The template of a path: requests that do the same to different resources have one.
 *
 * Contract: pure; never throws. Bounded, whatever the path: at most `SEGMENTS_MAX` segments of `WORD_MAX` characters. Paths
 * that servers take for the same have one template: without query, empty segments, a slash at the end and case, and with
 * `%6e` read as `n`.
 */

/** Longer paths are cut, and end in `…`. */
const PATH_MAX = 2_048;
const SEGMENTS_MAX = 16;
/** A longer segment is an id. */
const WORD_MAX = 32;

/** The API's collections: what follows one is an id, unless it is one of these words. */
const COLLECTIONS = new Set([
  ...['api_keys', 'audit_logs', 'organizations', 'memberships', 'projects', 'operations', 'users'],
  ...['vms', 'volumes', 'vpcs', 'firewall_rules', 'connections', 'flex', 'dedicated'],
  ...['clusters', 'pools', 'nodes', 'load_balancers'],
]);
/** What is done to a resource, or to a collection as a whole. */
const VERBS = new Set([
  ...['availability', 'cost', 'restart', 'attach', 'detach', 'kubeconfig'],
  ...['leave', 'address', 'billing', 'topup', 'recharge', 'recharge_policy'],
]);

const ID = '{id}';

/**
 * The path with ids replaced by `{id}`.
 *
 * @example pathTemplate('/v1/nks/clusters/8c0e…/kubeconfig?x=1') // '/v1/nks/clusters/{id}/kubeconfig'
 */
export function pathTemplate(path: string): string {
  const end = path.search(/[?#]/);
  const whole = end < 0 ? path : path.slice(0, end);
  const segments = (whole.length <= PATH_MAX ? whole : whole.slice(0, PATH_MAX)).split('/');
  const isCut = whole.length > PATH_MAX;
  // The last segment of a path that is cut may be a part of one.
  if (isCut) segments.pop();
  let template = '';
  let count = 0;
  let before = '';
  for (const segment of segments) {
    if (segment === '') continue;
    if (++count > SEGMENTS_MAX) return `${template}/…`;
    const word = plain(segment).toLowerCase();
    const isWord = VERBS.has(word) || COLLECTIONS.has(word);
    template += `/${!isWord && (COLLECTIONS.has(before) || isIdLike(word)) ? ID : word}`;
    before = word;
  }
  return isCut ? `${template}/…` : template || '/';
}

/** Escapes of letters, digits, `-`, `.`, `_` and `~` mean the same without (RFC 3986, 6.2.2.2). */
function plain(segment: string): string {
  if (!segment.includes('%')) return segment;
  return segment.replace(/%(2[de]|3\d|[46][1-9a-f]|[57][0-9a]|5f|7e)/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Numbers, UUIDs, other hexadecimal and random ids, and whatever no word of a path has. */
function isIdLike(segment: string): boolean {
  if (segment.length > WORD_MAX || /[^a-z0-9._~:-]/.test(segment)) return true;
  if (/^[\d.:-]+$/.test(segment)) return true;
  if (segment.length < 8) return false;
  if (segment.length >= 16 && /^[0-9a-f-]+$/.test(segment)) return true;
  return segment.length < 20 ? /\d.*\d/.test(segment) : /\d/.test(segment);
}
