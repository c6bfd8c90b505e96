/**
 * Reads the kinds of settings: keys, secrets, times, bindings.
 *
 * Contract: pure, no clock; no problem holds a secret's value.
 */

import { parseDuration } from '../text/duration.ts';
import { readInstant } from '../text/times.ts';
import { absent, after, type Environment, type Reading, readText, truncate, value, wrong } from './setting.ts';

/** An API key: text that a header can hold. */
export function readApiKey(env: Environment, name: string): Reading<string> {
  return after(readText(env, name), (text) => {
    if (/^bearer\s/i.test(text)) return wrong('begins with "Bearer": set only the key itself');
    if (/\s/.test(text)) return wrong('has white space or a line break');
    // It becomes a header's value, which holds visible ASCII (RFC 9110, 5.5).
    if (/[^\x21-\x7e]/.test(text)) return wrong('has characters that no key has');
    return value(text);
  });
}

/** 32 hexadecimal digits are 128 bits: the output of half a SHA-256, below which an HMAC's key is weak (RFC 2104, 3). */
const SECRET_LENGTH_MIN = 32;
/** 32 random hexadecimal digits have fewer different ones than this once in ten million times. */
const DISTINCT_CHARS_MIN = 8;

/** A secret that Tocsin's operator generates. */
export function readSecret(env: Environment, name: string): Reading<string> {
  return after(readText(env, name), (text) => {
    if (text.length < SECRET_LENGTH_MIN) return wrong(`has ${text.length} characters, fewer than ${SECRET_LENGTH_MIN}`);
    if (new Set(text).size < DISTINCT_CHARS_MIN) return wrong('has too few different characters to be random');
    return value(text);
  });
}

/** Where the first start begins to read: a time, or a duration before the start. */
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

/** A time (RFC 3339), or a date: its first moment in UTC, since a later one might come after the expiry. ms. */
export function readExpiry(env: Environment, name: string): Reading<number> {
  return after(readText(env, name), (text) => {
    const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
    return INSTANT.test(time) ? instantOf(time) : wrong(`is neither an RFC 3339 time nor a date: ${truncate(text)}`);
  });
}

/** The ms of a text that has the form of an RFC 3339 time. */
function instantOf(text: string): Reading<number> {
  const at = readInstant(text);
  return at === null ? wrong(`is not a valid time: ${truncate(text)}`) : value(at);
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
