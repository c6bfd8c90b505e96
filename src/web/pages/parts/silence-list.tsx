/** Silences: what each is over, for how long, why, and what it suppressed. Pure. */
import type { Child } from 'hono/jsx';
import { alertPath } from '../../../access/link.ts';
import type { ShownMatchers, ShownSilence } from '../../../ledger/rpc.ts';
import { LEVELS } from '../../../sigma/index.ts';
import { numberText } from '../../../text/numbers.ts';
import { expirePath, SILENCES_PAGE } from '../../act-paths.ts';

import { Ago, When } from './elements.tsx';
import { FormFields } from './form-fields.tsx';
import { Code, UntrustedText } from './untrusted-text.tsx';

const ALERTS_MAX = 5;

interface SilenceListProps {
  readonly silences: readonly ShownSilence[];
  readonly now: number;
  /** For the buttons that end them; null: the caller can't. */
  readonly token: string | null;
  readonly titleOf: (rule: string) => string;
  /** One whose name is known: it is shown beside its id. */
  readonly actor?: { readonly id: string | null; readonly name: string | null } | null;
}

/** In the order given. */
export function SilenceList({ silences, now, token, titleOf, actor = null }: SilenceListProps) {
  return (
    <ul class="silences">
      {silences.map((silence) => (
        <li>
          <p class="of">
            <Matchers matchers={silence.matchers} titleOf={titleOf} actor={actor} />
          </p>
          <p>
            <Times silence={silence} now={now} /> · <UntrustedText text={silence.author} max={80} /> (
            <UntrustedText text={silence.via} max={20} />
            ): <UntrustedText text={silence.comment} max={400} />
          </p>
          <p class="quiet">
            Suppressed: {numberText(silence.suppressed)}
            {silence.suppressedAt !== null && (
              <>
                , the last one <Ago at={silence.suppressedAt} now={now} />
              </>
            )}
            {silence.alerts.slice(-ALERTS_MAX).map((id) => (
              <>
                , <a href={alertPath(id)}>alert {id}</a>
              </>
            ))}
          </p>
          {token !== null && silence.endsAt > now && (
            <form method="post" action={expirePath(silence.id)}>
              <FormFields token={token} next={SILENCES_PAGE} />
              <button type="submit" class="second">
                End it now
              </button>
            </form>
          )}
        </li>
      ))}
    </ul>
  );
}

function Times({ silence: { startsAt, endsAt, expiredBy }, now }: { silence: ShownSilence; now: number }) {
  return (
    <>
      {startsAt > now && (
        <>
          Starts <Ago at={startsAt} now={now} />.{' '}
        </>
      )}
      {endsAt > now ? 'Ends' : 'Ended'} <Ago at={endsAt} now={now} /> (<When at={endsAt} />
      {expiredBy !== null && (
        <>
          , by <UntrustedText text={expiredBy} max={80} />
        </>
      )}
      )
    </>
  );
}

interface MatchersProps extends Required<Pick<SilenceListProps, 'titleOf' | 'actor'>> {
  readonly matchers: ShownMatchers;
}

/** `rule Key deleted, actor ci-deploy, level high`. */
function Matchers({ matchers, titleOf, actor }: MatchersProps) {
  const { rules, actors, addresses, levels, tags, fields = [] } = matchers;
  const isEveryLevel = LEVELS.every((level) => levels?.includes(level));
  const parts: [string, readonly string[] | undefined][] = [
    ['rule', rules?.map(titleOf)],
    ['actor', actors],
    ['address', addresses],
    ['level', isEveryLevel ? undefined : levels],
    ['tag', tags],
    ...fields.map(({ field, values }): [string, readonly string[]] => [field, values]),
  ];
  const shown = parts.flatMap(([name, values]) =>
    values === undefined || values.length === 0 ? [] : [{ name, values }],
  );
  return (
    <>
      {shown.map(({ name, values }, i) => (
        <>
          {i > 0 && ', '}
          <span class="quiet">
            <UntrustedText text={name} max={60} />
          </span>{' '}
          {values.map(
            (value, j): Child => (
              <>
                {j > 0 && ' or '}
                <Code text={value} max={80} />
                {name === 'actor' && value === actor?.id && actor.name !== null && (
                  <>
                    {' '}
                    (<UntrustedText text={actor.name} max={80} />)
                  </>
                )}
              </>
            ),
          )}
        </>
      ))}
      {isEveryLevel && <span class="quiet">, all levels</span>}
      {levels === undefined && <span class="quiet"> (not what is critical)</span>}
    </>
  );
}
