/** A place in the source of a regular expression. Contract: reading moves it behind what is read. */
export class Cursor {
  readonly source: string;
  at = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** Reads what the sticky pattern matches here; null if it does not. */
  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found !== null) this.at += found[0].length;
    return found;
  }

  /** Reads a character; undefined at the end. */
  takePoint(): number | undefined {
    const point = this.source.codePointAt(this.at);
    if (point !== undefined) this.at += point > 0xffff ? 2 : 1;
    return point;
  }
}
