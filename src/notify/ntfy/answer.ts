/**
 * How ntfy answers a message.
 *
 * Its errors are a code and a text (https://github.com/binwiederhier/ntfy/blob/main/server/errors.go). A rate limit names no
 * time (…/issues/1173); one that a proxy adds is read from its header.
 */
import type { VendorAnswers } from '../incoming-webhook.ts';
import { beginsObject, codeOf, codeText } from '../json-field.ts';

const CAUSES: { readonly [code: number]: string } = {
  40009: 'the topic is invalid',
  40010: 'the server does not allow the topic',
};

export const ANSWERS: VendorAnswers = {
  remedy: "set the topic's URL",
  // The answer is the message; anything else, as a page for people, did not come from ntfy.
  isDelivered: ({ status, body }) => status === 200 && beginsObject(body),
  detail: codeText,
  cause(status, body) {
    if (status === 401) return 'the access token is wrong or has expired';
    if (status === 403) return 'writing to the topic is not allowed: give the token that permission';
    if (status > 400 && status !== 413) return 'no ntfy server answers there';
    return CAUSES[codeOf(body) ?? 0] ?? null;
  },
};
