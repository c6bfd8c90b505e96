/** Types of the peers' packages, as far as the bench uses them: they are only installed for measuring. */
declare module '@ucast/mongo2js' {
  export function guard(query: object): (record: object) => boolean;
}
declare module 'mingo' {
  export class Query {
    constructor(query: object);
    test(record: object): boolean;
  }
}
declare module 'sift' {
  export default function dedupe(query: object): (record: object) => boolean;
}
declare module 'json-logic-engine' {
  export class LogicEngine {
    addMethod(name: string, method: (args: never) => unknown, options?: object): void;
    run(logic: unknown, record: object): unknown;
  }
}
declare module 'json-rules-engine' {
  export class Engine {
    addOperator(name: string, test: (fact: never, value: never) => boolean): void;
    addRule(rule: object): void;
    run(facts: object): Promise<{ readonly events: readonly { readonly type: string }[] }>;
  }
}
declare module 're2js' {
  export class RE2JS {
    static readonly CASE_INSENSITIVE: number;
    static compile(source: string, flags: number): RE2JS;
    test(text: string): boolean;
  }
}
