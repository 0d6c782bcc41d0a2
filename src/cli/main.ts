#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// As "engines" of package.json says: Node 23 lacks what 22.19 has.
if (major < 22 || (major === 22 && minor < 19) || major === 23) {
  // Loaded only then: an older Node can't even read the rest.
  process.stderr.write(
    `tma needs Node 22.19 or later, or 24, this is ${process.version}; in a clone of tma \`npx tma\` brings its own\n`,
  );
  process.exitCode = 5;
} else {
  const { leaveOnSignals } = await import('./interruption.ts');
  leaveOnSignals();
  const { watchOutput } = await import('./watch-output.ts');
  watchOutput(process);
  const { run } = await import('./run-command-line.ts');
  process.exitCode = await run(process);
  // All is done and written. What still waits for somebody that does not answer has no say in when tma ends.
  setTimeout(() => process.exit(), 3000).unref();
}
