/** Every kind of input. */
import type { FuzzKind } from './kind.ts';
import { cliKind } from './kinds/cli.ts';
import { ledgerKind } from './kinds/ledger.ts';
import { linkKind } from './kinds/link.ts';
import { messageKind } from './kinds/message.ts';
import { pageKind } from './kinds/page.ts';
import { requestKind } from './kinds/request.ts';
import { routingKind, ruleKind } from './kinds/rule.ts';
import { settingsKind } from './kinds/settings.ts';
import { textKind } from './kinds/text.ts';
import { upstreamKind } from './kinds/upstream.ts';

/** New ones: a kind remembers what it has built. */
export function createKinds(): readonly FuzzKind[] {
  return [
    textKind() as FuzzKind,
    linkKind() as FuzzKind,
    messageKind(),
    pageKind(),
    requestKind(),
    upstreamKind(),
    ledgerKind(),
    cliKind(),
    settingsKind(),
    ruleKind(),
    routingKind(),
  ];
}
