/** Ends the run with one line that says it all: `N passed, N failed`, and `, N skipped` where some were. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    // A suite that could not even be loaded counts as one failure: none of its tests is in the numbers.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    // After the other reporters' own summary, which goes to the error stream.
    this.line = `${results.numPassedTests} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
    process.once('exit', () => process.stdout.write(`${this.line}\n`));
  }
}
