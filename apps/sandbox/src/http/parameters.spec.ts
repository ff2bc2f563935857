import { describe, expect, it } from '@jest/globals';
import type { Fault } from '../objects/error.js';
import { ApiFault } from './faults.js';
import { LIST_PARAMETERS, Parameters } from './parameters.js';
import { readQuery } from './read-query.js';

const ALLOWED = [...LIST_PARAMETERS, 'active', 'ids', 'status'];
const parse = (search: string): Parameters => new Parameters(readQuery(search), ALLOWED, ['later']);

function faultOf(ask: () => unknown): Pick<Fault, 'status' | 'code' | 'param'> {
  try {
    ask();
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error;
    const { status, code, param } = error.fault;
    return { status, ...(code === undefined ? {} : { code }), ...(param === undefined ? {} : { param }) };
  }
  throw new Error('no fault');
}

describe('Parameters', () => {
  it('reads lists in both of the forms that clients send', () => {
    expect(parse('ids[]=a&ids[]=b').texts('ids')).toEqual(['a', 'b']);
    expect(parse('ids[0]=a&ids[1]=b%20c').texts('ids')).toEqual(['a', 'b c']);
    expect(parse('').texts('ids')).toEqual([]);
  });

  it.each([
    ['', -Infinity, Infinity],
    ['created=7', 7, 7],
    ['created[gte]=7&created[lt]=10', 7, 9],
    ['created[gt]=7&created[lte]=10', 8, 10],
    ['created[gt]=7&created[gte]=3', 8, Infinity],
  ])('reads the range of created in %j', (search, from, to) => {
    expect(parse(search).created()).toEqual({ from, to });
  });

  it.each([['', 10], ['limit=1', 1], ['limit=100', 100]])('reads the limit in %j', (search, limit) => {
    expect(parse(search).limit()).toBe(limit);
  });

  it.each<[string, () => unknown, Pick<Fault, 'code' | 'param'>]>([
    ['an unknown name', () => parse('foo=1'), { code: 'parameter_unknown', param: 'foo' }],
    ['a name that the sandbox does not serve', () => parse('later=1'), { param: 'later' }],
    ['a limit of 0', () => parse('limit=0').limit(), { code: 'parameter_invalid_integer', param: 'limit' }],
    ['a limit of 101', () => parse('limit=101').limit(), { code: 'parameter_invalid_integer', param: 'limit' }],
    ['a limit of 1.5', () => parse('limit=1.5').limit(), { code: 'parameter_invalid_integer', param: 'limit' }],
    ['an empty value', () => parse('status=').text('status'), { code: 'parameter_invalid_empty', param: 'status' }],
    ['a flag that is none', () => parse('active=1').flag('active'), { param: 'active' }],
    ['a choice that is none', () => parse('status=x').oneOf('status', ['y']), { param: 'status' }],
    ['an unknown bound', () => parse('created[after]=1').created(), { code: 'parameter_unknown', param: 'created[after]' }],
    ['a bound that is no number', () => parse('created[gt]=x').created(), { code: 'parameter_invalid_integer', param: 'created[gt]' }],
    ['a list where one value belongs', () => parse('status[]=x').text('status'), { param: 'status' }],
    ['one value where a list belongs', () => parse('expand=customer').texts('expand'), { param: 'expand' }],
    ['both cursors', () => parse('starting_after=a&ending_before=b').cursor(), { code: 'parameters_exclusive' }],
  ])('refuses %s', (_name, ask, expected) => {
    expect(faultOf(ask)).toEqual({ status: 400, ...expected });
  });
});
