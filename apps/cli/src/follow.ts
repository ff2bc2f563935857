import { setTimeout as sleep } from 'node:timers/promises';

import type { ApiClient } from './api-client.js';
import type { Run } from './api-shapes.js';
import { CliError, EXIT } from './cli.errors.js';
import { describeProgress } from './describe-run.js';
import type { Output } from './output.js';

/** Between two plain lines, where nobody watches a bar. */
const LINE_EVERY_MS = 5000;
const AGAIN_MS = 1000;
const TRIES = 30;

/** Follows a run to its end, or to where it asks for a word; tells of it meanwhile. An api that goes away for a while is waited for. */
export async function follow(api: ApiClient, path: string, output: Output): Promise<Run> {
  const progress = new ProgressLines(output);
  for (let failures = 0; failures < TRIES; failures += 1) {
    try {
      for await (const run of readRuns(await api.open(`${path}/progress`))) {
        failures = 0;
        progress.tell(run);
        if (run.isLast || (run.status === 'PAUSED' && run.brake)) {
          return run;
        }
      }
    } catch (error) {
      if (error instanceof CliError && error.code !== 'api_unreachable' && error.code !== 'database_unavailable') {
        throw error;
      }
    }
    await sleep(AGAIN_MS);
  }
  throw new CliError(EXIT.REFUSED, 'api_unreachable', 'The api is gone. The run goes on when Kana does: look with `npm run kana -- status`.');
}

/** The runs that an answer of server-sent events tells of; ends where the answer does. */
async function* readRuns(body: AsyncIterable<Uint8Array>): AsyncGenerator<Run & { isLast: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) {
        yield { ...(JSON.parse(data) as Run), isLast: /^event: end$/m.test(block) };
      }
    }
  }
}

class ProgressLines {
  private last: { status: string; at: number } | undefined;

  constructor(private readonly output: Output) {}

  tell(run: Run): void {
    if (this.output.isTerminal) {
      this.output.rewrite(describeProgress(run, this.output.columns));
      return;
    }
    const now = performance.now();
    if (this.last?.status !== run.status || now - this.last.at >= LINE_EVERY_MS) {
      this.last = { status: run.status, at: now };
      this.output.line(describeProgress(run, null));
    }
  }
}
