import { mkdtempSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { LogFile } from './log-file.js';

const MEGABYTE = 1024 * 1024;
let folder: string;
let path: string;
let seen: string[];
let log: LogFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kana-log-'));
  path = join(folder, 'api.log');
  seen = [];
  log = new LogFile(path, (line) => seen.push(line));
});

afterEach(() => {
  log.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (text: string): number => writeSync(log.forChild, text);

describe('LogFile', () => {
  it('gives each line once, also one that comes in two parts', () => {
    write('one\ntw');
    log.lastLines();
    write('o\n');
    expect(log.lastLines()).toEqual(['one', 'two']);
    expect(seen).toEqual(['one', 'two']);
  });

  it('keeps the last lines of a run only', () => {
    write('of the first run\n');
    log.startRun();
    expect(log.lastLines()).toEqual([]);
    write(Array.from({ length: 40 }, (_, index) => `line ${index}\n`).join(''));
    expect(log.lastLines()).toEqual(Array.from({ length: 15 }, (_, index) => `line ${index + 25}`));
  });

  it('starts the file anew at 10 MB, keeps one older file, and goes on with the same writer', () => {
    for (let written = 0; written < 11; written += 1) {
      write(`${'x'.repeat(MEGABYTE - 1)}\n`);
      log.lastLines();
    }
    write('after\n');
    expect(log.lastLines().at(-1)).toBe('after');
    expect(statSync(`${path}.1`).size).toBe(11 * MEGABYTE);
    expect(readFileSync(path, 'utf8')).toBe('after\n');
  });

  it('passes over what comes faster than it reads', () => {
    write(`${'x'.repeat(5 * MEGABYTE)}\nlast\n`);
    expect(log.lastLines().at(-1)).toBe('last');
    expect(seen.join('').length).toBeLessThanOrEqual(MEGABYTE);
  });
});
