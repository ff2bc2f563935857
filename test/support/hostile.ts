import fc from 'fast-check';

import type { DocumentedOperation } from './operations.js';

/** A request as it goes over the wire. */
export interface HostileRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

/** What the requests are made of, beside the document. */
export interface Material {
  /** Ids that exist, so that some requests get further. */
  readonly ids: readonly string[];
  /** Cursors that lists gave out. */
  readonly cursors: readonly string[];
}

const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>((inner) => ({ a: [inner] }), 1);

const TEXTS = ['', ' ', '\0', 'a\0b', '\ud800', 'a\udfffb', '\u202e', '𝔘'.repeat(128), 'a'.repeat(256), 'a'.repeat(20_000), '..', '.', '%', '_', '\\', "'; drop table feature; --", '__proto__', 'constructor', 'null', '-1', 'NaN', '1e309'];
const TIMES = ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '2026-02-30T00:00:00Z', '2026-01-01T00:00:00.123456789123Z', '2026-01-01T24:00:00Z', '+275760-09-13T00:00:00.001Z'];
const NUMBERS = [0, -0, -1, 0.1, 1e15, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324];
const OTHERS = [null, true, false, [], {}, [[]], [null], nested(10), nested(40), { __proto__: null, toString: 1 }, Array.from({ length: 2000 }, () => 'x')];

const text = fc.oneof(fc.constantFrom(...TEXTS, ...TIMES), fc.string({ unit: 'binary', maxLength: 300 }));
const value: fc.Arbitrary<unknown> = fc.oneof(text, fc.constantFrom<unknown>(...NUMBERS, ...OTHERS), fc.double(), fc.jsonValue({ maxDepth: 3 }));

/** Bodies that no JSON library would write. */
const RAW_BODIES = ['', '{', '"', 'nul', '{"a":1e999}', '{"a":1,"a":2}', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}', '[', '\u00ef\u00bb\u00bf{}', '['.repeat(50_000), `${'['.repeat(50_000)}${']'.repeat(50_000)}`, `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, `{"id":"\\ud800"}`, '{"id":"\\u0000"}', '-', '1'.repeat(5000), 'true', '[1]', 'null'];
const BROKEN_TEXT = [Buffer.from([0xff, 0xfe, 0x00]), Buffer.from('{"id":"\xff\xc0"}', 'latin1'), Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])];

/** As they stand in an address: right, wrong and doubtful percent-encodings. */
const ENCODED = ['%', '%zz', '%00', '%ff', '%c0%ae%c0%ae', '..%2f..', '%2e%2e', '%252e', '%ed%a0%80', 'a%0d%0ab', '%20', 'x'.repeat(4000), '%F0%9F%92%A9', '~!*()', '%u0000'];

const encode = (raw: string): string => encodeURIComponent(raw.toWellFormed());

const segment = ({ ids }: Material): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...ids).map(encode) }, fc.constantFrom(...ENCODED), text.map((raw) => encode(raw) || 'x'));

function replaceText(key: unknown, replacement: unknown, index: number): unknown {
  return Array.isArray(key) ? key.map((member: unknown, position) => (position === index % key.length ? replacement : member)) : replacement;
}

/** Cursors of the right form with one wrong thing inside, and others. */
function cursor({ cursors }: Material): fc.Arbitrary<string> {
  const forged = fc.tuple(fc.constantFrom(...cursors), fc.oneof(text, value), fc.nat(5)).map(([given, replacement, index]) => {
    const key: unknown = JSON.parse(Buffer.from(given, 'base64url').toString('utf8'));
    return Buffer.from(JSON.stringify(replaceText(key, replacement, index)) ?? '', 'utf8').toString('base64url');
  });
  return fc.oneof({ weight: 3, arbitrary: forged }, fc.constantFrom(...cursors), text.map(encode));
}

function queryOf(names: readonly string[], material: Material): fc.Arbitrary<string> {
  const pair = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names, 'limit') }, { weight: names.includes('cursor') ? 4 : 1, arbitrary: fc.constant(names.includes('cursor') ? 'cursor' : 'colour') }).chain((name) => {
    const odd = fc.oneof(text.map(encode), fc.constantFrom(...TIMES).map(encode), fc.constantFrom(...ENCODED, '1', 'true', '100'), fc.constantFrom(...material.ids).map(encode));
    return (name === 'cursor' ? cursor(material) : odd).map((raw) => `${name}=${raw}`);
  });
  return fc.array(pair, { maxLength: 3 }).map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`));
}

/** The example with something put in at any depth: another value, a further member, or nothing where something was. */
function mutate(example: unknown, steps: readonly number[], put: unknown, manner: number): unknown {
  const [step = 0, ...rest] = steps;
  if (typeof example !== 'object' || example === null || steps.length === 0) {
    return put;
  }
  const keys = Object.keys(example);
  const key = keys[step % Math.max(1, keys.length)] ?? 'x';
  const member: unknown = Reflect.get(example, key);
  const isInside = rest.length > 0 && typeof member === 'object' && member !== null;
  const copy: unknown = Array.isArray(example) ? [...(example as unknown[])] : { ...example };
  if (typeof copy === 'object' && copy !== null) {
    if (isInside) {
      Reflect.set(copy, key, mutate(member, rest, put, manner));
    } else if (manner === 0) {
      Reflect.deleteProperty(copy, key);
    } else {
      Reflect.set(copy, manner === 1 && !Array.isArray(copy) ? 'colour' : key, put);
    }
  }
  return copy;
}

function bodyOf({ example }: DocumentedOperation): fc.Arbitrary<Buffer | null> {
  const mutated = fc
    .tuple(fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }), value, fc.nat(4))
    .map(([steps, put, manner]) => Buffer.from(JSON.stringify(mutate(example ?? {}, steps, put, manner)) ?? 'null'));
  return fc.oneof(
    { weight: 8, arbitrary: mutated },
    { weight: 2, arbitrary: fc.constant(example === undefined ? null : Buffer.from(JSON.stringify(example))) },
    ...(example === undefined ? [{ weight: 20, arbitrary: fc.constant(null) }] : []),
    { weight: 1, arbitrary: fc.constantFrom(...RAW_BODIES).map((raw) => Buffer.from(raw)) },
    { weight: 1, arbitrary: fc.constantFrom(...BROKEN_TEXT) },
    { weight: 1, arbitrary: value.map((any) => Buffer.from(JSON.stringify(any) ?? 'null')) },
  );
}

const header = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 });
const headersOf = (hasBody: boolean): fc.Arbitrary<Record<string, string>> =>
  fc.record(
    {
      'content-type': fc.oneof({ weight: 9, arbitrary: fc.constant('application/json') }, fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', ';')),
      'if-match': fc.oneof(fc.constantFrom('*', '"1"', 'W/"1"', '"999999999"', '"-1"', '"1", "2"'), header),
      'idempotency-key': fc.oneof({ weight: 9, arbitrary: fc.uuid() }, header),
      'x-request-id': header,
      'accept-encoding': header,
    },
    { requiredKeys: hasBody ? ['content-type', 'idempotency-key'] : ['idempotency-key'] },
  );

/** Any request to any operation of the document that a hostile caller with a good key could think of. */
export function hostileRequest(operations: readonly DocumentedOperation[], material: Material): fc.Arbitrary<HostileRequest> {
  return fc.constantFrom(...operations).chain((operation) => {
    const parts = operation.path.split(/\{\w+\}/);
    const segments = fc.array(segment(material), { minLength: parts.length - 1, maxLength: parts.length - 1 });
    const body = operation.method === 'GET' ? fc.constant(null) : bodyOf(operation);
    return fc.tuple(segments, queryOf(operation.queries, material), body).chain(([inserted, query, bytes]) =>
      headersOf(bytes !== null).map((headers) => ({
        operation: operation.id,
        method: operation.method,
        path: `${parts.map((part, index) => part + (inserted[index] ?? '')).join('')}${query}`,
        headers,
        body: bytes,
      })),
    );
  });
}
