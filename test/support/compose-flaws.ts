import { existsSync } from 'node:fs';

import { childEnvironment } from '@app/common';

import { type ComposeFile, type Deployment, headerOf, isKana, kanaServices, readCompose, type Service, variablesIn } from './compose-file.js';

const ROOT = new URL('../../', import.meta.url);
const ROOT_KEYS = ['x-kana', 'services', 'networks', 'volumes'];
const SERVICE_KEYS = [
  'image', 'build', 'profiles', 'user', 'init', 'restart', 'command', 'environment', 'depends_on', 'healthcheck', 'networks', 'volumes', 'ports',
  'tmpfs', 'read_only', 'cap_drop', 'cap_add', 'security_opt', 'shm_size', 'stop_grace_period', 'logging',
];
const CONDITIONS = ['service_started', 'service_healthy', 'service_completed_successfully'];
/** What holds data speaks to nobody outside. */
const INSIDE_ONLY = ['postgres', 'redis', 'migrate'];
const SECRET = /KEY|PASSWORD|URL/;
/** The processes end by themselves within 9 s. */
const SHORTEST_GRACE_S = 10;

type Check = (compose: ComposeFile, deployment: Deployment) => string[];

/** All that is wrong with it and can be seen without a container engine; nothing = none. */
export function findFlaws(deployment: Deployment): string[] {
  const compose = readCompose(deployment.compose);
  const checks: Check[] = [keys, variables, environments, commands, dependencies, healthChecks, hardening, upkeep, reach, declarations, image];
  return checks.flatMap((check) => check(compose, deployment));
}

const each = (compose: ComposeFile, check: (service: Service, name: string) => (string | false | undefined)[]): string[] =>
  Object.entries(compose.services).flatMap(([name, service]) => check(service, name).flatMap((flaw) => (typeof flaw === 'string' ? [`${name}: ${flaw}`] : [])));

/** Compose refuses or passes over what it does not know; both are found at the worst moment. */
const keys: Check = (compose) => [
  ...Object.keys(compose).filter((key) => !ROOT_KEYS.includes(key)).map((key) => `unknown: ${key}`),
  ...each(compose, (service) => Object.keys(service).map((key) => !SERVICE_KEYS.includes(key) && `unknown key ${key}`)),
];

const variables: Check = (_compose, { compose: text }) => {
  const [found, header] = [variablesIn(text), headerOf(text)];
  const required = new Set(found.filter(({ kind }) => kind === 'required').map(({ name }) => name));
  return found.flatMap(({ name, kind }) => {
    const isExplained = new RegExp(`\\b${name}\\b`).test(header);
    return [
      ...(isExplained || kind === 'default' ? [] : [`\${${name}} has no default and is not explained in the header`]),
      ...(kind === 'plain' && !required.has(name) ? [`\${${name}} may be missing without anybody noticing`] : []),
    ];
  });
};

const environments: Check = (compose, { compose: text }) => {
  const known = new Set(kanaServices(compose).map(([name]) => name));
  return [
    ...each(compose, ({ environment = {} }, name) =>
      // What is Kana's own is not handed on, and so can be told.
      Object.keys(environment).map((variable) => known.has(name) && Object.keys(childEnvironment({}, { [variable]: 'x' })).length > 0 && `${variable} is no setting of Kana`),
    ),
    ...each(readCompose(text), ({ environment = {} }) => Object.entries(environment).map(([variable, value]) => SECRET.test(variable) && !value.includes('${') && `${variable} is written down in the file`)),
  ];
};

function sourceOf(built: string): string {
  return built.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}

function flawOfProgram([program, ...words]: readonly string[]): string | false {
  const file = words.find((word) => !word.startsWith('--')) ?? '';
  const isBuilt = /^dist\/(apps|libs)\/\S+\.js$/.test(file) && existsSync(new URL(sourceOf(file), ROOT));
  const isShipped = !/^dist\/apps\/(sandbox|standalone)\//.test(file);
  return (program !== 'node' || !isBuilt || !isShipped) && `${file} is not in the image`;
}

const commands: Check = (compose, { dockerfile }) => {
  const own = /^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '[]';
  return kanaServices(compose).flatMap(([name, { command }]) => {
    const flaw = flawOfProgram(command ?? (JSON.parse(own) as string[]));
    return flaw === false ? [] : [`${name}: ${flaw}`];
  });
};

const dependencies: Check = (compose) =>
  each(compose, ({ depends_on: needed = {} }) =>
    Object.entries(needed).flatMap(([other, { condition, required = true }]) => {
      const service = compose.services[other];
      return [
        service === undefined && `depends on ${other}, which is not there`,
        !CONDITIONS.includes(condition) && `depends on ${other} being ${condition}, which is no condition`,
        condition === 'service_healthy' && service?.healthcheck?.test === undefined && `depends on ${other}'s health, which nobody checks`,
        condition === 'service_completed_successfully' && service?.restart !== 'no' && `waits for the end of ${other}, which is restarted`,
        required && service?.profiles !== undefined && `depends on ${other}, which is there in a profile only`,
      ];
    }),
  );

const healthChecks: Check = (compose, { dockerfile }) =>
  each(compose, ({ healthcheck, image, restart }) => {
    const [kind = '', program] = healthcheck?.test ?? [];
    const hasOwn = /^(CMD|CMD-SHELL)$/.test(kind) && program !== undefined;
    const hasOfImage = isKana(image) && healthcheck === undefined && /^HEALTHCHECK .*CMD \[/m.test(dockerfile);
    const ends = restart === 'no' && healthcheck?.disable === true;
    return [!hasOwn && !hasOfImage && !ends && 'nobody checks its health'];
  });

const hardening: Check = (compose) =>
  each(compose, (service) => [
    service.read_only !== true && 'its file system can be written',
    service.privileged === true && 'is privileged',
    !(service.cap_drop ?? []).includes('ALL') && 'keeps capabilities',
    (service.cap_add ?? []).some((name) => !/^(CHOWN|DAC_OVERRIDE|FOWNER|SETGID|SETUID)$/.test(name)) && 'is given capabilities that nothing here needs',
    !(service.security_opt ?? []).includes('no-new-privileges:true') && 'may gain privileges',
    /^(0|root)(:|$)/.test(service.user ?? '') && 'runs as root',
  ]);

const upkeep: Check = (compose) =>
  each(compose, (service) => [
    !/^[\w./-]+:(?!latest$)\S+$/.test(service.image?.replace('${KANA_VERSION:-latest}', 'own') ?? '') && 'its image has no version',
    !['unless-stopped', 'no'].includes(service.restart ?? '') && 'does not say what becomes of it when it ends',
    service.logging?.options?.['max-size'] === undefined && 'its log grows without end',
  ]);

const reach: Check = (compose) => [
  ...each(compose, ({ ports = [], networks = [], stop_grace_period: grace = '10s', image }, name) => [
    ports.some((port) => !port.startsWith('127.0.0.1:')) && 'is published beyond this machine',
    ports.length > 0 && name !== 'api' && 'is published',
    INSIDE_ONLY.includes(name) && String(networks) !== 'inside' && 'is reachable from outside',
    isKana(image) && Number.parseInt(grace, 10) < SHORTEST_GRACE_S && 'is killed before it can end',
  ]),
  ...(compose.networks['inside']?.internal === true ? [] : ['the network inside is not internal']),
];

const declarations: Check = (compose) => {
  const used = { networks: new Set<string>(), volumes: new Set<string>() };
  const missing = each(compose, ({ networks = [], volumes = [] }) => {
    const named = volumes.map((volume) => volume.split(':')[0] ?? '');
    networks.forEach((name) => used.networks.add(name));
    named.forEach((name) => used.volumes.add(name));
    return [
      networks.length === 0 && 'is in no network of ours',
      ...networks.map((name) => !(name in compose.networks) && `is in the network ${name}, which is not declared`),
      ...named.map((name) => !(name in compose.volumes) && `keeps its data in ${name}, which is not declared`),
    ];
  });
  const unused = (['networks', 'volumes'] as const).flatMap((kind) => Object.keys(compose[kind]).filter((name) => !used[kind].has(name)).map((name) => `${name} is used by nobody`));
  return [...missing, ...unused];
};

/** The image holds what runs in production, runs it as an ordinary user, and is built from what is let in. */
const image: Check = (compose, { dockerfile, dockerignore }) => {
  const removed = /^RUN rm -rf (.*?)(?: &&|$)/m.exec(dockerfile)?.[1] ?? '';
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, names = '']) => names.split(' ').map((name) => name.replace(/^\.\//, '')));
  const rules = dockerignore.split('\n').filter((line) => line !== '');
  const letIn = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
  return [
    ...['sandbox', 'standalone'].filter((app) => !removed.includes(`dist/apps/${app}`)).map((app) => `the image holds ${app}`),
    ...(/^USER (?!root|0)\w+$/m.test(dockerfile) ? [] : ['the image runs as root']),
    ...(rules[0] === '*' ? [] : ['whatever is added to the repository is sent to the build']),
    ...copied.filter((name) => !letIn.includes(name)).map((name) => `${name} is copied and not let in by .dockerignore`),
    ...letIn.filter((name) => !copied.includes(name)).map((name) => `${name} is let in by .dockerignore and not copied`),
    ...['**/*.spec.ts', '**/*.e2e-spec.ts', '**/*.int-spec.ts', '**/.env*'].filter((rule) => !rules.includes(rule)).map((rule) => `${rule} is sent to the build`),
    ...(kanaServices(compose).some(([, { build }]) => build === '.') ? [] : ['nobody builds the image']),
  ];
};
