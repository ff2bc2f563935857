/** A command as its help tells of it. `options` are those beyond `--json` and `--help`. */
export interface CommandForm {
  readonly usage: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionForm>>;
}

export interface OptionForm {
  readonly type: 'boolean' | 'string';
  readonly multiple?: true;
  readonly meaning: string;
}

const connection: OptionForm = { type: 'string', meaning: 'Id of the Stripe connection (conn_…), where there are several.' };

/** Every command, by its words. */
export const COMMANDS = {
  import: {
    usage: 'import [--dry-run] [--connection <id>]',
    summary: 'Imports a Stripe account, and follows it to its end.',
    options: { 'dry-run': { type: 'boolean', meaning: 'Tells what would be done, and does nothing.' }, connection },
  },
  reconcile: {
    usage: 'reconcile [--connection <id>]',
    summary: 'Repairs what differs from Stripe, and follows that to its end.',
    options: { connection },
  },
  status: { usage: 'status', summary: 'How each account is in step with Stripe.', options: {} },
  doctor: {
    usage: 'doctor [--repair]',
    summary: 'Looks for what is wrong, and says how to cure it. Has Stripe asked what each key may do, and how its webhook endpoint is.',
    options: { repair: { type: 'boolean', meaning: 'Also has webhook endpoints put right that are not; else nothing is changed.' } },
  },
  'events replay': {
    usage: 'events replay (--id <evt_…> … | --state <STATE>) [--connection <id>]',
    summary: 'Settles events again, by what is true in Stripe now.',
    options: {
      id: { type: 'string', multiple: true, meaning: 'Stripe’s id of an event; may be given several times.' },
      state: { type: 'string', meaning: 'All events with this result: DEAD, FAILED, IGNORED, …' },
      connection,
    },
  },
  'keys create': {
    usage: 'keys create --name <name> --scopes <scope,…>',
    summary: 'Makes an API key and shows it, this once.',
    options: {
      name: { type: 'string', meaning: 'What it is for.' },
      scopes: { type: 'string', meaning: 'read, write or admin; several by commas.' },
    },
  },
} as const satisfies Record<string, CommandForm>;

export type CommandName = keyof typeof COMMANDS;
