import { swcOptions } from './tools/swc-options.mjs';

const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { [String.raw`^.+\.ts$`]: ['@swc/jest', swcOptions] },
  moduleNameMapper: {
    '^@app/([a-z]+)$': '<rootDir>/libs/$1/src/index.ts',
    [String.raw`^(\.{1,2}/.*)\.js$`]: '$1',
  },
};

/**
 * Units and pure tables run beside the code and need nothing; what needs PostgreSQL or processes lives in test/, and
 * only then is a server started, one for the whole run.
 *
 * @type {import('jest').Config}
 */
export default {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
      testRegex: String.raw`\.spec\.ts$`,
    },
    {
      ...shared,
      displayName: 'database',
      roots: ['<rootDir>/test', '<rootDir>/libs', '<rootDir>/apps'],
      testRegex: String.raw`\.(int-spec|e2e-spec)\.ts$`,
      globalSetup: '<rootDir>/test/support/global-setup.mjs',
      globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
    },
  ],
  // Many times what the slowest of those takes that name no other: a busy machine fails none, and what hangs still ends.
  testTimeout: 120_000,
  // One more than the cores that are counted on: suites spend a part of their time waiting.
  maxWorkers: 3,
  // Modules of suites that are over stay in a worker's memory; one that has grown so far is replaced before the next suite.
  workerIdleMemoryLimit: '1GB',
  reporters: ['default', '<rootDir>/test/support/count-reporter.mjs'],
};
