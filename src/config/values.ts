/**
 * What the single settings hold: keys, secrets, times, bindings.
 *
 * Contract: pure, no clock; what is wrong is said without a secret's value.
 */

import { parseDuration } from '../text/duration.ts';
import { readInstant } from '../text/times.ts';
import { absent, after, type Environment, type Reading, readText, truncate, value, wrong } from './setting.ts';

/** An API key: something that can stand in a header. */
export function readApiKey(env: Environment, name: string): Reading<string> {
  return after(readText(env, name), (text) => {
    if (/^bearer\s/i.test(text)) return wrong('begins with "Bearer": only the key itself goes here');
    if (/\s/.test(text)) return wrong('has white space or a line break in it');
    // It becomes a header's value, which holds visible ASCII (RFC 9110, 5.5).
    if (/[^\x21-\x7e]/.test(text)) return wrong('has characters in it that no key has');
    return value(text);
  });
}

/** 32 hexadecimal digits are 128 bits: the output of half a SHA-256, below which an HMAC's key is weak (RFC 2104, 3). */
const LEAST_SECRET = 32;
/** 32 random hexadecimal digits have fewer different ones than this once in ten million times. */
const LEAST_DIFFERENT = 8;

/** A secret of our own making. */
export function readSecret(env: Environment, name: string): Reading<string> {
  return after(readText(env, name), (text) => {
    if (text.length < LEAST_SECRET) return wrong(`has ${text.length} characters, fewer than ${LEAST_SECRET}`);
    if (new Set(text).size < LEAST_DIFFERENT) return wrong('has hardly any different characters: it is not random');
    return value(text);
  });
}

/** From when a first start reads: a time, or so long before the start. */
export type StartAt =
  /** ms since the epoch */
  { readonly kind: 'at'; readonly ms: number } | { readonly kind: 'ago'; readonly agoMs: number };

/** RFC 3339, as the upstream writes it. */
const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** A time (RFC 3339) or a duration back. */
export function readStartAt(env: Environment, name: string): Reading<StartAt> {
  return after(readText(env, name), (text): Reading<StartAt> => {
    const agoMs = parseDuration(text);
    if (agoMs !== null) return value({ kind: 'ago', agoMs });
    if (!INSTANT.test(text)) return wrong(`is neither an RFC 3339 time nor a duration: ${truncate(text)}`);
    return after(instantOf(text), (at) => value({ kind: 'at', ms: at }));
  });
}

/** A time (RFC 3339), or a date: its first moment in UTC, so that nothing lasts longer than was meant. ms. */
export function readExpiry(env: Environment, name: string): Reading<number> {
  return after(readText(env, name), (text) => {
    const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
    return INSTANT.test(time) ? instantOf(time) : wrong(`is neither an RFC 3339 time nor a date: ${truncate(text)}`);
  });
}

/** The ms of a text that has an RFC 3339 time's form. */
function instantOf(text: string): Reading<number> {
  const at = readInstant(text);
  return at === null ? wrong(`is no such time: ${truncate(text)}`) : value(at);
}

/**
 * The audience tag of a Cloudflare Access application: 64 hexadecimal digits.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/#get-your-aud-tag
 */
export function readAudience(env: Environment, name: string): Reading<string> {
  return after(readText(env, name), (text) =>
    /^[0-9a-f]{64}$/i.test(text) ? value(text.toLowerCase()) : wrong('is not 64 hexadecimal digits'),
  );
}

/** A binding, known by its methods. */
export function readBinding<T>(env: Environment, name: string, methods: readonly string[]): Reading<T> {
  const binding = env[name];
  if (binding === undefined || binding === null) return absent;
  if (typeof binding !== 'object') return wrong(`is a ${typeof binding}, not a binding`);
  const has = (method: string) => typeof (binding as Environment)[method] === 'function';
  return methods.every(has) ? value(binding as T) : wrong('is a binding of another kind');
}
