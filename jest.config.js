/** Units and pure tables run beside the code; what needs PostgreSQL or processes lives in test/. */
const swc = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
};

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/test'],
  testRegex: String.raw`\.(spec|int-spec|e2e-spec)\.ts$`,
  transform: { [String.raw`^.+\.ts$`]: ['@swc/jest', swc] },
  moduleNameMapper: {
    '^@app/([a-z]+)$': '<rootDir>/libs/$1/src/index.ts',
    [String.raw`^(\.{1,2}/.*)\.js$`]: '$1',
  },
  testTimeout: 30_000,
};
