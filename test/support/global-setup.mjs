import '../../tools/source-hooks.mjs';

/** One PostgreSQL for the whole run, with one migrated database that the suites' own are copied from. */
export default async function globalSetup() {
  const { startTestServer } = await import('./test-server.ts');
  globalThis.kanaTestServer = await startTestServer();
  // The workers are started after this and inherit it.
  process.env.KANA_TEST_SERVER = JSON.stringify(globalThis.kanaTestServer.details);
}
