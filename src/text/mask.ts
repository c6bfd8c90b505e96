/**
 * Masks what gives access, where somebody put it into a path, a name or a `User-Agent`: viewer tokens (access/viewer.ts), what
 * ends in a seal (access/seal.ts: passes, sessions, the operator's tokens). A test makes one of each.
 *
 * Contract: pure; linear in the length of the text. What is left says which one it was. In a JSON text it changes strings
 * only: no number of JavaScript has so many digits.
 */
const SECRETS = /(tocsin_[0-9a-f]{16}_)[\w-]+|([0-9a-f]{8}\.)[0-9a-f]{16,}/gi;

/** @example maskSecrets('/viewers/tocsin_0123456789abcdef_x3') // '/viewers/tocsin_0123456789abcdef_…' */
export function maskSecrets(text: string): string {
  return text.replace(SECRETS, '$1$2…');
}
