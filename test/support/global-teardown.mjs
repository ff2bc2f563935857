export default async function globalTeardown() {
  await globalThis.kanaTestServer?.stop();
}
