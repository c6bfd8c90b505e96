/** Creates viewer tokens by the operator's API. */
import { operatorToken } from '../../src/access/operator.ts';
import type { Role } from '../../src/access/viewer.ts';

const PATH = '/operator/viewers';
let created = 0;

/** A new token with a unique name, at a running Worker. */
export async function viewerToken(
  { url, linkSecret }: { url: string; linkSecret: string },
  role: Role = 'viewer',
): Promise<string> {
  const body = JSON.stringify({ name: `Robin ${++created}`, role });
  const proof = await operatorToken(linkSecret, 'POST', PATH, body, Date.now());
  const response = await fetch(`${url}${PATH}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${proof}` },
    body,
  });
  if (response.status !== 201) throw new Error(`no token was created: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { token: string }).token;
}
