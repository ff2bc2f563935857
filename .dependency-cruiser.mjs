/** Which lib may use which; what is not named here is forbidden. `test` and the apps may use all of them. */
const MAY_USE = {
  common: [],
  access: ['common'],
  catalog: ['common'],
  stripe: ['common'],
  sync: ['common'],
  mapping: ['catalog', 'stripe', 'sync', 'common'],
  customers: ['stripe', 'sync', 'common'],
  subscriptions: ['customers', 'mapping', 'catalog', 'stripe', 'sync', 'common'],
  database: ['subscriptions', 'customers', 'mapping', 'catalog', 'stripe', 'sync', 'access', 'common'],
};

const TESTS = String.raw`\.(spec|int-spec|e2e-spec)\.ts$`;
const PURE = String.raw`/(resolve|match|project|suggest|check|read|settle)-[^/]+\.ts$`;

const arrows = Object.entries(MAY_USE).map(([lib, used]) => ({
  name: `arrows-of-${lib}`,
  comment: `libs/${lib} uses ${used.length === 0 ? 'no other lib' : used.join(', ')}: arrows go down only, never up and never sideways.`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: TESTS },
  to: { path: '^libs/', pathNot: `^libs/(${[lib, ...used].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...arrows,
    {
      name: 'libs-through-their-index',
      comment: 'A lib is what its index.ts names; reaching behind it makes its inside public. (Programs that a test starts run one source alone.)',
      severity: 'error',
      from: { path: '^(libs/([^/]+)|apps/[^/]+|test|bench)/', pathNot: String.raw`^test/.*\.mjs$` },
      to: { path: '^libs/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$2/'] },
    },
    {
      name: 'lib-not-through-its-own-index',
      comment: 'Inside a lib files import each other; through the index they would form a circle.',
      severity: 'error',
      from: { path: '^libs/([^/]+)/', pathNot: TESTS },
      to: { path: '^libs/$1/src/index\\.ts$' },
    },
    {
      name: 'libs-know-no-app',
      comment: 'Libs are used by apps, and by tests; never the other way round.',
      severity: 'error',
      from: { path: '^libs/', pathNot: TESTS },
      to: { path: '^(apps|test|bench)/' },
    },
    {
      name: 'apps-stand-alone',
      comment: 'Apps meet over HTTP, in the database and in processes, never in an import.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: TESTS },
      to: { path: '^(apps|test|bench)/', pathNot: '^apps/$1/' },
    },
    {
      name: 'database-for-apps-only',
      comment: 'libs/database knows every table; a lib that used it would know them all, too.',
      severity: 'error',
      from: { path: '^libs/(?!database/)', pathNot: TESTS },
      to: { path: '^libs/database/' },
    },
    {
      name: 'no-circle',
      comment: 'In a circle nothing can be understood, tested or replaced alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'stripe-sdk-in-its-lib',
      comment: 'One place calls Stripe and knows its shapes. The sandbox and the tests take its types, and the contract test is about the SDK itself.',
      severity: 'error',
      from: { pathNot: '^(libs/stripe|test/contract)/' },
      to: { path: '^node_modules/stripe/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'stripe-types-in-few-places',
      comment: 'No type of the SDK leaves libs/stripe: everything above works on snapshots. The sandbox is typed with them so that a missing field does not compile.',
      severity: 'error',
      from: { pathNot: '^(libs/stripe|apps/sandbox|test)/' },
      to: { path: '^node_modules/stripe/' },
    },
    {
      name: 'bullmq-in-its-places',
      comment: 'Others ring the doorbell; only libs/common has queues, libs/database their tables, the worker their jobs, and two tests look at them.',
      severity: 'error',
      from: { pathNot: '^(libs/common/src/queues|libs/database|apps/worker|test/integration)/' },
      to: { path: '^node_modules/(bullmq|@nestjs/bullmq)/' },
    },
    {
      name: 'redis-in-its-place',
      comment: 'Redis holds wake-ups and nothing else: who could reach it otherwise would come to rely on what it holds.',
      severity: 'error',
      from: { pathNot: '^(libs/common/src/queues|test/support)/' },
      to: { path: '^node_modules/ioredis/' },
    },
    {
      name: 'http-in-the-api',
      comment: 'Swagger and Nest’s web server are how the api speaks; libs and the worker know nothing of HTTP.',
      severity: 'error',
      from: { pathNot: '^(apps/api|test)/' },
      to: { path: '^node_modules/@nestjs/(swagger|platform-[^/]+)/' },
    },
    {
      name: 'web-server-where-one-listens',
      comment: 'The api and the sandbox listen; nothing else does.',
      severity: 'error',
      from: { pathNot: '^(apps/(api|sandbox)|test)/' },
      to: { path: '^node_modules/(fastify|@fastify/[^/]+)/' },
    },
    {
      name: 'pure-files-stay-pure',
      comment: 'What decides (resolve-, match-, project-, suggest-, check-, read-, settle-) takes plain data and gives a decision: no framework, no database, no SDK at run time, no clock, no I/O.',
      severity: 'error',
      from: { path: PURE, pathNot: TESTS },
      to: {
        path: [
          '^node_modules/(@nestjs|@mikro-orm|bullmq|pg|pino|nestjs-pino|kysely|fastify)',
          '^(fs|net|http|https|child_process|timers|dns|tls)(/|$)',
          String.raw`/clock\.ts$`,
          String.raw`\.(entity|service|queries|applier|controller|module|processor|handler)\.ts$`,
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'pure-files-know-no-sdk',
      comment: 'The SDK’s types may be named by what reads its objects inside libs/stripe, but the SDK is never called from there.',
      severity: 'error',
      from: { path: PURE, pathNot: TESTS },
      to: { path: '^node_modules/stripe/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'oracle-is-naive',
      comment: 'The second model must not share a mistake with the first: it uses nothing of libs.',
      severity: 'error',
      from: { path: '^test/support/oracle' },
      to: { path: '^libs/' },
    },
    {
      name: 'tests-are-not-shipped',
      comment: 'What runs in production does not need what is installed for development.',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-what-is-declared',
      comment: 'A package that happens to be there through another one may be gone tomorrow.',
      severity: 'error',
      from: { path: '^(apps|libs|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-is-found',
      comment: 'An import that leads nowhere escapes every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.d.ts'],
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
