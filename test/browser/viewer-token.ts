/** A viewer's token, made as the operator makes one. */
import { operatorToken } from '../../src/access/operator.ts';

const PATH = '/operator/viewers';
let made = 0;

/** A new one, of a name of its own, at a running Worker. */
export async function viewerToken({ url, linkSecret }: { url: string; linkSecret: string }): Promise<string> {
  const proof = await operatorToken(linkSecret, 'POST', PATH, Date.now());
  const response = await fetch(`${url}${PATH}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${proof}` },
    body: JSON.stringify({ name: `Robin ${++made}` }),
  });
  if (response.status !== 201) throw new Error(`no token was made: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { token: string }).token;
}
