/**
 * Ends the run with one line that says it all: `N passed, N failed`, and `, N skipped` where some were. Before it a line
 * for each thing that skipped tests need, which their names tell in brackets: `(needs redis-server: …)`.
 */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not even be loaded counts as one failure: none of its tests is in the numbers.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // After the other reporters' own summary, which goes to the error stream.
    const count = `${results.numPassedTests} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
    const lines = [...needsOf(results), count];
    process.once('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
  }
}

function needsOf({ testResults }) {
  const skipped = testResults.flatMap((file) => file.testResults.filter(({ status }) => status === 'pending'));
  const counts = new Map();
  for (const { fullName } of skipped) {
    const need = /\((needs [^)]+)\)/.exec(fullName)?.[1];
    if (need !== undefined) {
      counts.set(need, (counts.get(need) ?? 0) + 1);
    }
  }
  return [...counts].map(([need, count]) => `${count} skipped: ${need}`);
}
