/**
 * How a workflow answers its webhook, before it posts anything: 202 as soon as it is started, with an empty body. What fails
 * later is in the flow's run history only.
 *
 * Its errors have a code, `{"error": {"code": "WorkflowTriggerIsNotEnabled", …}}`. Microsoft has no list of them; these are
 * those that flows which are off or deleted, have another trigger, or are not for anyone answer with.
 */
import type { VendorAnswers } from '../incoming-webhook.ts';
import { jsonField } from '../json-field.ts';

const CAUSES: { readonly [code: string]: string } = {
  WorkflowTriggerIsNotEnabled: 'the flow is off or was deleted: turn it on',
  TriggerInputSchemaMismatch: 'the flow has another trigger than “When a Teams webhook request is received”',
};

export const ANSWERS: VendorAnswers = {
  remedy: "copy the flow's URL again and set it",
  // A flow that answers for itself sends a 200. A page did not come from one.
  isDelivered: ({ status, body }) => status === 202 || (status === 200 && !body.trimStart().startsWith('<')),
  detail(body) {
    const code = errorCode(body);
    return code === '' ? '' : ` (${code})`;
  },
  cause(status, body) {
    const code = errorCode(body);
    if (Object.hasOwn(CAUSES, code)) return CAUSES[code] ?? null;
    if (status === 404) return 'the flow was deleted';
    return status === 401 || status === 403
      ? "the URL's signature is wrong, or only people of your organization may trigger the flow: let anyone"
      : null;
  },
};

/** '' without one. The message beside it may repeat the URL. */
function errorCode(body: string): string {
  const error = jsonField(body, 'error');
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  return typeof code === 'string' && /^[A-Za-z]{2,60}$/.test(code) ? code : '';
}
