/**
 * What only the page of a rule shows: its file and its references. They are an asset that no browser gets, not a part of the
 * Worker's bundle.
 *
 * Contract: `readRuleFile` never throws. What can't be read is missing on the page, and logged.
 */
import type { Rule } from '../../sigma/index.ts';
import { log } from '../../text/log.ts';
import { RULE_FILES_PATH } from '../asset-paths.ts';

/** The asset, written by the build with the rules of the bundle. */
export interface RuleFiles {
  /** Each rule's references, by its id. */
  readonly references: readonly (readonly [id: string, references: readonly string[]])[];
  /** What rules/tuning.yml changes in rules, and the filters of rules, by their ids. */
  readonly tunings: readonly (readonly [id: string, tuning: ShownTuning])[];
  readonly filters: readonly (readonly [id: string, filters: readonly ShownFilter[]])[];
  /** The text of each file, by its path below rules/. */
  readonly files: readonly (readonly [path: string, text: string])[];
}

export interface ShownTuning {
  readonly why: string;
  /** `from`: what the rule comes with; null: nothing, or what holds by default. */
  readonly changes: readonly { readonly key: string; readonly from: string | null; readonly to: string }[];
}

export interface ShownFilter {
  readonly title: string;
  readonly path: string;
}

export interface RuleFile {
  readonly references: readonly string[];
  /** Null: nothing is tuned. */
  readonly tuning: ShownTuning | null;
  readonly filters: readonly ShownFilter[];
  readonly text: string;
}

/** The file of a rule; null if it can't be read. */
export async function readRuleFile(
  assets: Pick<Fetcher, 'fetch'> | null,
  { id, path }: Pick<Rule, 'id' | 'path'>,
): Promise<RuleFile | null> {
  if (assets === null) return null;
  try {
    // The binding looks at the path alone. https://developers.cloudflare.com/workers/static-assets/binding/#binding
    const response = await assets.fetch(`https://assets.invalid${RULE_FILES_PATH}`);
    if (!response.ok) throw new Error(`the rules' files: ${response.status}`);
    const { references, tunings, filters, files } = await response.json<RuleFiles>();
    const text = new Map(files).get(path);
    if (text === undefined) return null;
    const [tuning = null, its = []] = [new Map(tunings).get(id), new Map(filters).get(id)];
    return { text, references: new Map(references).get(id) ?? [], tuning, filters: its };
  } catch (error) {
    log('error', { at: 'rule file', error: error instanceof Error ? error.message : 'unknown' });
    return null;
  }
}
