/** The ids that a ledger gives: of alerts, silences and events of the security log. Pure. */

const ID = /^[1-9]\d{0,15}$/;

/** The id in a path, a query or an argument; null for anything else, also a number that a double does not hold. */
export function readId(text: string | undefined): number | null {
  const id = text !== undefined && ID.test(text) ? Number(text) : null;
  return Number.isSafeInteger(id) ? id : null;
}
