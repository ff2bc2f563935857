import type { ApiClient } from './api-client.js';
import type { Run, SyncStatus } from './api-shapes.js';
import { EXIT, type ExitCode } from './cli.errors.js';
import { describeEnd } from './describe-run.js';
import { runDoctor } from './doctor.js';
import { follow } from './follow.js';
import type { Output } from './output.js';
import type { Command } from './read-command.js';

type RealCommand = Exclude<Command, { name: 'help' }>;

/** Carries a command out. @throws CliError */
export async function runCommand(command: RealCommand, api: ApiClient, output: Output): Promise<ExitCode> {
  switch (command.name) {
    case 'import':
      return runAndFollow(api, output, '/v1/stripe/imports', { connectionId: command.connectionId, ...(command.dryRun ? { dryRun: true } : {}) });
    case 'reconcile':
      return runAndFollow(api, output, '/v1/sync/reconciliations', { connectionId: command.connectionId });
    case 'status':
      return showStatus(api, output);
    case 'doctor':
      return runDoctor(api, output, command.repair);
    case 'events replay':
      return replayEvents(command, api, output);
    case 'keys create': {
      const made = await api.post<{ id: string; key: string }>('/v1/api-keys', { name: command.keyName, scopes: command.scopes });
      output.line(`${made.key}\nThis is ${made.id}. The key is shown this once.`);
      output.json(made);
      return EXIT.DONE;
    }
  }
}

async function runAndFollow(api: ApiClient, output: Output, path: string, body: object): Promise<ExitCode> {
  const { id } = await api.post<Run>(path, body);
  output.line(`${id} has been asked for.`);
  await follow(api, `${path}/${id}`, output);
  const run = await api.get<Run>(`${path}/${id}`);
  describeEnd(run).forEach((line) => output.line(line));
  output.json(run);
  return run.status === 'COMPLETED' ? EXIT.DONE : EXIT.FOUND;
}

async function showStatus(api: ApiClient, output: Output): Promise<ExitCode> {
  const status = await api.get<{ data: SyncStatus[] }>('/v1/sync/status');
  if (status.data.length === 0) {
    output.line('No Stripe account is connected.');
  }
  for (const { connectionId, isConnected, syncedThrough, lagSeconds, keptBy, events, activeImport, openIssues } of status.data) {
    output.line(isConnected ? connectionId : `${connectionId} (disconnected)`);
    output.line(`  in step through  ${syncedThrough === null ? 'nothing was imported yet' : `${syncedThrough} (${lagSeconds} s ago), kept by ${keptBy}`}`);
    output.line(`  events           ${events.waiting} waiting, ${events.failed} to be tried again, ${events.dead} dead`);
    output.line(`  under way        ${activeImport === null ? 'nothing' : `${activeImport.id} ${activeImport.status}`}`);
    output.line(`  open issues      ${openIssues}`);
  }
  output.json(status);
  return EXIT.DONE;
}

interface Replayed {
  replayed: number;
  hasMore: boolean;
  nextCursor: string | null;
}

async function replayEvents({ ids, state, connectionId }: Extract<Command, { name: 'events replay' }>, api: ApiClient, output: Output): Promise<ExitCode> {
  const query = connectionId === undefined ? '' : `?connectionId=${encodeURIComponent(connectionId)}`;
  for (const id of ids) {
    await api.post(`/v1/sync/events/${encodeURIComponent(id)}/replay${query}`, {});
  }
  let replayed = ids.length;
  for (let cursor: string | null | undefined = state === undefined ? null : undefined; cursor !== null; ) {
    const page: Replayed = await api.post<Replayed>('/v1/sync/events/replay', { connectionId, result: state, limit: 1000, cursor });
    replayed += page.replayed;
    cursor = page.nextCursor;
  }
  output.line(`${replayed} events are due again. Look with \`npm run kana -- status\`.`);
  output.json({ replayed });
  return EXIT.DONE;
}
