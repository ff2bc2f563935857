import { parse } from 'yaml';

export interface HealthCheck {
  readonly disable?: boolean;
  readonly test?: readonly string[];
}

/** A service, as far as the checks look at it. */
export interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly user?: string;
  readonly restart?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>;
  readonly healthcheck?: HealthCheck;
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly logging?: { readonly driver: string; readonly options?: Readonly<Record<string, string>> };
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** What is needed to judge it: the file, and those that the image is built from. */
export interface Deployment {
  readonly compose: string;
  readonly dockerfile: string;
  readonly dockerignore: string;
}

/** With its anchors and merge keys resolved. */
export function readCompose(text: string): ComposeFile {
  return parse(text, { merge: true }) as ComposeFile;
}

export interface Variable {
  readonly name: string;
  /** What stands behind the name: `:-default`, `:?message`, or nothing. */
  readonly kind: 'default' | 'required' | 'plain';
}

const VARIABLE = /\$\{(\w+)(?:(:[-?])([^}]*))?\}/g;

/** Every variable that the file takes from its environment. */
export function variablesIn(text: string): Variable[] {
  const lines = text.split('\n').filter((line) => !line.trim().startsWith('#'));
  const kinds = { ':-': 'default', ':?': 'required' } as const;
  return [...lines.join('\n').matchAll(VARIABLE)].map(([, name = '', sign]) => ({ name, kind: sign === ':-' || sign === ':?' ? kinds[sign] : 'plain' }));
}

/** The text as compose would fill it in. */
export function interpolate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLE, (_all, name: string, sign: string | undefined, rest: string) => values[name] ?? (sign === ':-' ? rest : ''));
}

/** The comment that the file opens with. */
export function headerOf(text: string): string {
  return /^(?:#.*\n)+/.exec(text)?.[0] ?? '';
}

/** Whether it is the image that is built here. */
export function isKana(image: string | undefined): boolean {
  return image?.startsWith('kana-stripe-sync:') ?? false;
}

/** The services that run it. */
export function kanaServices({ services }: ComposeFile): [name: string, service: Service][] {
  return Object.entries(services).filter(([, { image }]) => isKana(image));
}
