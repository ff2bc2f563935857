import type { CreatedRange } from '../store/ordered.js';
import { badRequest } from './faults.js';
import type { Query, QueryValue } from './read-query.js';

/** Parameters of every list. */
export const LIST_PARAMETERS = ['limit', 'starting_after', 'ending_before', 'expand', 'created'];

const BOUNDS = new Set(['gt', 'gte', 'lt', 'lte']);

/**
 * The parameters of one request, read as Stripe reads them: an unknown name, or a value of the wrong form, is an error
 * that names the parameter. `notServed` are those that Stripe knows and the sandbox does not answer (never silently).
 */
export class Parameters {
  constructor(
    private readonly query: Query,
    allowed: readonly string[],
    notServed: readonly string[] = [],
  ) {
    const unserved = [...query.keys()].find((name) => notServed.includes(name));
    if (unserved !== undefined) {
      throw badRequest(`The sandbox does not serve the parameter ${unserved}.`, { param: unserved });
    }
    const unknown = [...query.keys()].filter((name) => !allowed.includes(name));
    const [first] = unknown;
    if (first === undefined) return;
    const noun = unknown.length > 1 ? 'parameters' : 'parameter';
    throw badRequest(`Received unknown ${noun}: ${unknown.join(', ')}`, { code: 'parameter_unknown', param: first });
  }

  text(name: string): string | undefined {
    const value = this.value(name, 'value')?.value;
    if (value !== '') return value;
    const message = `You passed an empty string for '${name}'. Leave the parameter out instead.`;
    throw badRequest(message, { code: 'parameter_invalid_empty', param: name });
  }

  flag(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text !== 'true' && text !== 'false') throw badRequest(`Invalid boolean: ${text}`, { param: name });
    return text === 'true';
  }

  oneOf<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) {
      throw badRequest(`Invalid ${name}: must be one of ${choices.join(', ')}`, { param: name });
    }
    return choice;
  }

  texts(name: string): string[] {
    return this.value(name, 'list')?.values ?? [];
  }

  /** The named parts of a parameter such as `recurring[interval]`; a part not allowed is an unknown parameter. */
  parts(name: string, allowed: ReadonlySet<string>): Map<string, string> {
    const parts = this.value(name, 'parts')?.parts ?? new Map<string, string>();
    for (const part of parts.keys()) {
      const param = `${name}[${part}]`;
      if (allowed.has(part)) continue;
      throw badRequest(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
    }
    return parts;
  }

  limit(): number {
    const text = this.text('limit');
    const limit = text === undefined ? 10 : integer(text, 'limit');
    const details = { code: 'parameter_invalid_integer', param: 'limit' };
    if (limit < 1) throw badRequest('This value must be greater than or equal to 1.', details);
    if (limit > 100) throw badRequest('This value must be less than or equal to 100.', details);
    return limit;
  }

  cursor(): { side: 'after' | 'before'; id: string } | undefined {
    const after = this.text('starting_after');
    const before = this.text('ending_before');
    if (after !== undefined && before !== undefined) {
      const message = 'You may only specify one of these parameters: starting_after, ending_before.';
      throw badRequest(message, { code: 'parameters_exclusive' });
    }
    if (after !== undefined) return { side: 'after', id: after };
    return before === undefined ? undefined : { side: 'before', id: before };
  }

  /** `created=…` or `created[gt|gte|lt|lte]=…`, in whole seconds. */
  created(): CreatedRange {
    if (this.query.get('created')?.kind === 'value') {
      const exact = integer(this.text('created') ?? '', 'created');
      return { from: exact, to: exact };
    }
    const range = { from: -Infinity, to: Infinity };
    for (const [bound, text] of this.parts('created', BOUNDS)) {
      const second = integer(text, `created[${bound}]`);
      if (bound === 'gt') range.from = Math.max(range.from, second + 1);
      if (bound === 'gte') range.from = Math.max(range.from, second);
      if (bound === 'lt') range.to = Math.min(range.to, second - 1);
      if (bound === 'lte') range.to = Math.min(range.to, second);
    }
    return range;
  }

  private value<Kind extends QueryValue['kind']>(
    name: string,
    kind: Kind,
  ): Extract<QueryValue, { kind: Kind }> | undefined {
    const found = this.query.get(name);
    if (found && !isOf(found, kind)) throw badRequest(`Invalid ${FORMS[kind]}`, { param: name });
    return found;
  }
}

const FORMS: Record<QueryValue['kind'], string> = { value: 'string', list: 'array', parts: 'object' };

function isOf<Kind extends QueryValue['kind']>(
  value: QueryValue,
  kind: Kind,
): value is Extract<QueryValue, { kind: Kind }> {
  return value.kind === kind;
}

function integer(text: string, param: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`Invalid integer: ${text}`, { code: 'parameter_invalid_integer', param });
}
