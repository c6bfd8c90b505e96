/**
 * Where the static assets are, which are deployed beside the Worker (`[assets]` in wrangler.toml), and are not in its bundle.
 *
 * Contract: what is below `PUBLIC_PATH` Cloudflare serves to anybody, without running the Worker. What is below `PRIVATE_PATH`
 * is never served: wrangler.toml sends requests for it to the Worker first, which has no such route, and only the Worker reads
 * it, by its binding, for a caller who is authorized.
 * https://developers.cloudflare.com/workers/static-assets/routing/worker-script/
 */
export const PUBLIC_PATH = '/assets';
export const PRIVATE_PATH = '/private';

/** What only the page of a rule shows (pages/rule-file.ts). */
export const RULE_FILES_PATH = `${PRIVATE_PATH}/rules.json`;
