/** The start of everything on one machine. Only the version is looked at before the rest is loaded. */
const MINIMUM = [22, 17] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  console.error(
    `Kana runs on Node ${MINIMUM.join('.')} or newer; this is ${process.version}. Start it with "npm start", which brings its own Node on Linux, or install Node 24 from https://nodejs.org.`,
  );
  process.exitCode = 1;
} else {
  const { launch } = await import('./launch.js');
  launch();
}
