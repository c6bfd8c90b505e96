/** MITRE ATT&CK's tactics and techniques in the tags of rules. Pure. */

/** The tactics, by Sigma's name, in ATT&CK's order. */
export const TACTICS: { readonly [name: string]: string } = {
  reconnaissance: 'TA0043',
  'resource-development': 'TA0042',
  'initial-access': 'TA0001',
  execution: 'TA0002',
  persistence: 'TA0003',
  'privilege-escalation': 'TA0004',
  'defense-evasion': 'TA0005',
  'credential-access': 'TA0006',
  discovery: 'TA0007',
  'lateral-movement': 'TA0008',
  collection: 'TA0009',
  exfiltration: 'TA0010',
  'command-and-control': 'TA0011',
  impact: 'TA0040',
};

/**
 * The tactic of a tag; null for any other tag.
 *
 * @example tacticOf('attack.credential-access') // 'credential-access'
 */
export function tacticOf(tag: string): string | null {
  const name = /^attack\.([a-z_-]+)$/i.exec(tag)?.[1]?.toLowerCase().replaceAll('_', '-') ?? '';
  return Object.hasOwn(TACTICS, name) ? name : null;
}

/**
 * The technique of a tag; null for any other tag.
 *
 * @example techniqueOf('attack.t1098.001') // 'T1098.001'
 */
export function techniqueOf(tag: string): string | null {
  return /^attack\.(t\d{4}(?:\.\d{3})?)$/i.exec(tag)?.[1]?.toUpperCase() ?? null;
}

/**
 * The ATT&CK page of a Sigma tag such as `attack.t1098.001` or `attack.persistence`; null for any other tag.
 * https://github.com/SigmaHQ/sigma-specification/blob/main/specification/sigma-appendix-tags.md
 *
 * @example attackPath('attack.t1098.001') // 'https://attack.mitre.org/techniques/T1098/001/'
 */
export function attackPath(tag: string): string | null {
  const technique = techniqueOf(tag);
  if (technique !== null) return `https://attack.mitre.org/techniques/${technique.replace('.', '/')}/`;
  const tactic = tacticOf(tag);
  return tactic === null ? null : `https://attack.mitre.org/tactics/${TACTICS[tactic]}/`;
}
