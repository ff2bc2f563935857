import { LaunchError } from '../launch.errors.js';

/** An answer of the api that is not a success: RFC 9457. */
interface Problem {
  code: string;
  detail: string;
}

/** The admin api as any client uses it: an address, a key, JSON. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  async get<Answer>(path: string): Promise<Answer> {
    return this.call<Answer>('GET', path);
  }

  async post<Answer>(path: string, body: object = {}): Promise<Answer> {
    return this.call<Answer>('POST', path, body);
  }

  async put<Answer>(path: string, body: object): Promise<Answer> {
    return this.call<Answer>('PUT', path, body);
  }

  /** Creates something, or leaves it as it is when it is there: `alreadyThere` is the api's code for that. */
  async ensure(path: string, body: object, alreadyThere: string): Promise<void> {
    await this.call('POST', path, body, alreadyThere);
  }

  /** All pages of a list. */
  async all<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const separator = path.includes('?') ? '&' : '?';
      const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page: { data: Item[]; nextCursor: string | null } = await this.get(`${path}${separator}limit=100${next}`);
      items.push(...page.data);
      cursor = page.nextCursor;
    }
    return items;
  }

  private async call<Answer>(method: string, path: string, body?: object, accepted?: string): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = response.status === 204 ? null : await response.json();
    if (!response.ok && (answer as Problem).code !== accepted) {
      const { code, detail } = answer as Problem;
      throw new LaunchError(code, detail);
    }
    return answer as Answer;
  }
}
