/** The silences: those that last, a form to make one, and those that are over. Pure. */
import type { ShownSilence } from '../../ledger/rpc.ts';
import { LEVELS } from '../../sigma/index.ts';
import { counted } from '../../text/numbers.ts';
import { type Did, SILENCES_PAGE } from '../act-paths.ts';
import type { Caller } from '../context.ts';
import { canAct, DidNote, WhyNot } from './parts/act-forms.tsx';
import { Card } from './parts/elements.tsx';
import { Choice, DurationChoice, FormFields, Text } from './parts/form-fields.tsx';
import { page } from './parts/shell.tsx';
import { SilenceList } from './parts/silence-list.tsx';

interface NamedRule {
  readonly id: string;
  readonly title: string;
}

interface SilencesOptions {
  readonly caller: Caller;
  readonly silences: readonly ShownSilence[];
  readonly rules: readonly NamedRule[];
  readonly token: string;
  readonly now: number;
  readonly did: Did | null;
}

/** The whole document. */
export function silencesPage(options: SilencesOptions): string {
  const { caller, silences, rules, token, now, did } = options;
  const lasting = silences.filter(({ endsAt }) => endsAt > now);
  const past = silences.filter(({ endsAt }) => endsAt <= now);
  const titleOf = (id: string): string => rules.find((rule) => rule.id === id)?.title ?? id;
  return page({
    title: 'Silences',
    caller,
    section: 'silences',
    children: (
      <>
        <h1>Silences</h1>
        <p class="lead">
          While a silence lasts, nobody is notified of the matches that it covers. Their alerts are recorded all the
          same.
        </p>
        <DidNote did={did} />
        <Card title="Now" aside={<span class="quiet">{counted(lasting.length, 'silence')}</span>}>
          {lasting.length === 0 ? (
            <p class="empty">There are none: no alert is silenced.</p>
          ) : (
            <SilenceList silences={lasting} now={now} token={canAct(caller) ? token : null} titleOf={titleOf} />
          )}
        </Card>
        <Card title="Make a silence">
          {canAct(caller) ? <SilenceForm {...options} /> : <WhyNot caller={caller} next={SILENCES_PAGE} />}
        </Card>
        {past.length > 0 && (
          <Card title="Over">
            <SilenceList silences={past} now={now} token={null} titleOf={titleOf} />
          </Card>
        )}
      </>
    ),
  });
}

function SilenceForm({ rules, token }: SilencesOptions) {
  return (
    <form method="post" action={SILENCES_PAGE} class="acts">
      <FormFields token={token} next={SILENCES_PAGE} />
      <p class="quiet">
        Fill in a rule, an actor or an address, at least one. The rest narrows it: all that you fill in must match.
      </p>
      <div class="filters">
        <Choice name="rule" label="Rule" of={[['', 'any'], ...rules.map(({ id, title }) => [id, title] as const)]} />
        <Text name="actor" label="Actor (ID or name)" />
        <Text name="address" label="Address or range" hint="192.0.2.0/24" />
        <Text name="tag" label="Tag of the rule" hint="attack.t1098*" />
        <Text name="field" label="Field" hint="actor.type" />
        <Text name="value" label="Its value" />
      </div>
      <fieldset>
        <legend>Levels (none chosen: all except critical)</legend>
        {LEVELS.toReversed().map((level) => (
          <label>
            <input type="checkbox" name="level" value={level} /> {level}
          </label>
        ))}
      </fieldset>
      <div class="filters">
        <DurationChoice />
        <Text name="comment" label="Reason" required />
      </div>
      <button type="submit">Silence</button>
    </form>
  );
}
