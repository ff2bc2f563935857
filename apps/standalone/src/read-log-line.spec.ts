import { describe, expect, it } from '@jest/globals';

import { readLogLine } from './read-log-line.js';

describe('readLogLine', () => {
  it.each([
    ['an error with its cause', '{"level":50,"msg":"import failed","err":{"message":"no route"}}', 'error: import failed: no route', true],
    ['a cause that says the same once', '{"level":60,"msg":"no route","err":{"message":"no route"}}', 'fatal: no route', true],
    ['a warning, which is no error', '{"level":40,"msg":"slow"}', 'warn: slow', false],
    ['a level in words', '{"level":"error","msg":"no route"}', 'error: no route', true],
    ['a harmless level in words', '{"level":"info","msg":"up"}', 'info: up', false],
    ['a plain line', 'Error: boom', 'Error: boom', false],
    ['JSON that is not a log line', '{"a":1}', '{"a":1}', false],
    ['half a line', '{"level":50,"ms', '{"level":50,"ms', false],
    ['a message of several lines in one', '{"level":50,"msg":"a\\nb"}', 'error: a b', true],
  ])('reads %s', (_name, line, text, isError) => {
    expect(readLogLine(line)).toEqual({ text, isError });
  });

  it('shortens what is longer than a line should be', () => {
    expect(readLogLine('x'.repeat(1000)).text).toHaveLength(301);
  });
});
