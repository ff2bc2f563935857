import { CliError, EXIT } from './cli.errors.js';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** The api of Kana over HTTP: JSON in and out, and its refusals as errors. */
export class ApiClient {
  constructor(
    readonly url: string,
    private readonly key: string | undefined,
  ) {}

  /** @throws CliError of what the api refused; of silence, where `patienceMs` is given and over */
  async get<Body>(path: string, patienceMs?: number): Promise<Body> {
    return accepted<Body>(await this.ask('GET', path, undefined, patienceMs), this.key);
  }

  /** @throws CliError of what the api refused */
  async post<Body>(path: string, body: object): Promise<Body> {
    return accepted<Body>(await this.ask('POST', path, body), this.key);
  }

  /** Whatever it answers. @throws CliError unreachable, silent */
  async ask(method: string, path: string, body?: object, patienceMs?: number): Promise<ApiAnswer> {
    const patience = patienceMs === undefined ? undefined : AbortSignal.timeout(patienceMs);
    return this.listen(patience, async () => {
      const response = await this.fetch(method, path, body, patience);
      return { status: response.status, headers: response.headers, body: toJson(await response.text()) };
    });
  }

  /** An answer that goes on: its body, to be read as it comes. */
  async open(path: string): Promise<AsyncIterable<Uint8Array>> {
    const response = await this.listen(undefined, () => this.fetch('GET', path));
    if (!response.ok || response.body === null) {
      throw refusal(response.status, toJson(await response.text()), this.key);
    }
    return response.body as AsyncIterable<Uint8Array>;
  }

  private async fetch(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> {
    const authorization = this.key === undefined ? {} : { authorization: `Bearer ${this.key}` };
    const content = body === undefined ? {} : { 'content-type': 'application/json' };
    return fetch(`${this.url}${path}`, {
      method,
      headers: { ...authorization, ...content },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Tells what kept an answer from coming, be it before its first byte or in the middle. */
  private async listen<Answer>(patience: AbortSignal | undefined, work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch {
      if (patience?.aborted === true) {
        throw new CliError(EXIT.REFUSED, 'api_silent', `The api at ${this.url} does not answer. Look into its log.`);
      }
      throw new CliError(EXIT.REFUSED, 'api_unreachable', `The api cannot be reached at ${this.url}. Start Kana with \`npm start\`, or say where it is with KANA_URL.`);
    }
  }
}

function accepted<Body>({ status, body }: ApiAnswer, key: string | undefined): Body {
  if (status >= 300) {
    throw refusal(status, body, key);
  }
  return body as Body;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function refusal(status: number, body: unknown, key: string | undefined): CliError {
  const { code = `http_${status}`, detail = 'This does not look like the api of Kana: check KANA_URL.', errors = [] } = (typeof body === 'object' && body !== null ? body : {}) as { code?: string; detail?: string; errors?: { pointer: string; detail: string }[] };
  const members = errors.map((each) => ` ${each.pointer}: ${each.detail}.`).join('');
  return new CliError(EXIT.REFUSED, code, status === 401 ? keySentence(key) : `${detail}${members}`);
}

function keySentence(key: string | undefined): string {
  return key === undefined
    ? 'There is no API key. Give one with KANA_API_KEY; `npm start` keeps one in its data folder: say where that is with DATA_DIR.'
    : 'The api does not take this API key. Give another with KANA_API_KEY; a key of `npm start` fits only the Kana of its data folder (DATA_DIR).';
}
