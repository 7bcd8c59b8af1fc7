import { DATABASE_OWNERS, SERVICES, type Service } from '@comanda/contracts';
import { brokerDefinitions } from '@comanda/operations';
import { declaredSettings } from './declared-settings.js';
import { POSTGRES_PASSWORDS } from './postgres.js';
import { withSection } from './section.js';
import type { Workspace } from './workspaces.js';

const NAMES = SERVICES.map(({ name }) => name);

export function dockerfile(text: string, workspaces: readonly Workspace[]): string {
  const manifests = neededBy(NAMES, workspaces).map(({ folder }) => `COPY ${folder}/package.json ${folder}/`);
  const sources = NAMES.map((name) => `COPY ${name} ${name}`);
  return withSection(withSection(text, 'package.json of each workspace', manifests), 'services', [
    ...sources,
    '# The packages are built along with the services that refer to them.',
    `RUN npx tsc --build ${NAMES.join(' ')}`,
  ]);
}

export const dockerignore = (text: string): string =>
  withSection(
    text,
    'services',
    NAMES.map((name) => `!${name}`),
  );

/** The services and the packages that they need, whose tests need more. */
function neededBy(services: readonly string[], workspaces: readonly Workspace[]): Workspace[] {
  const needed = new Set(services);
  // A set that grows while it is walked through hands out what was added, too.
  for (const folder of needed)
    for (const { name, folder: its } of workspaces)
      if (workspaces.find((one) => one.folder === folder)?.dependencies[name] !== undefined) needed.add(its);
  return workspaces.filter(({ folder }) => needed.has(folder));
}

export const compose = (text: string): string => {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['services', SERVICES.flatMap((service) => ['', ...composeService(service)]).slice(1)],
    [
      'broker accounts',
      brokerDefinitions().accounts.flatMap(({ passwordSetting }) => [
        `      ${passwordSetting}: ${secret(passwordSetting)}`,
        `      ${passwordSetting}_B: \${${passwordSetting}_B:-}`,
      ]),
    ],
    ['roles', POSTGRES_PASSWORDS.map((setting) => `      ${setting}: \${${setting}:-}`)],
    ['volumes', DATABASE_OWNERS.map(({ alias }) => `  ${alias}-data:`)],
  ];
  return sections.reduce((written, [name, lines]) => withSection(written, name, lines), text);
};

/** Settings without which nothing starts: Compose says so before it starts anything. */
const REQUIRED: ReadonlySet<string> = new Set(['JWT_SECRET', 'PAYMENT_PROVIDER', 'WEBHOOK_ENCRYPTION_KEYS']);

const HOW_TO_MAKE = 'run node deploy/make-secrets.mjs';
const secret = (setting: string): string => `\${${setting}:?${HOW_TO_MAKE}}`;

/** The broker, as the user that is this service's own; `..._USER` names the second one while a password is changed. */
function brokerUrlOf({ name, alias }: Service): string {
  const account = brokerDefinitions().accounts.find((one) => one.account === name);
  if (account === undefined) throw new Error(`${name} has no account on the broker`);
  const user = `\${${alias.toUpperCase()}_RABBITMQ_USER:-${name}}`;
  return `amqp://${user}:${secret(account.passwordSetting)}@rabbitmq:5672`;
}

/** Whom a service can reach, and who can reach it. */
function networksOf(service: Service): string[] {
  const handles = 'queues' in service;
  const isPublic = 'public' in service;
  return [
    ...(isPublic ? ['front'] : []),
    'broker',
    ...(handles || isPublic ? ['cache'] : []),
    // The gateway, which strangers talk to, is not where the databases are.
    ...(isPublic ? [] : ['databases']),
    'metrics',
    ...('reachesInternet' in service ? ['internet'] : []),
  ];
}

function composeService(service: Service): string[] {
  const { name, port, settings } = service;
  return [
    ...('readsAllDatabases' in service
      ? ['  # Its volumes are mounted read-only: it changes none of the databases.']
      : []),
    `  ${name}:`,
    '    <<: *service',
    `    command: [node, --enable-source-maps, ${name}/dist/main.js]`,
    '    environment:',
    `      <<: ${'database' in service ? '[*environment, *redis]' : '*environment'}`,
    `      RABBITMQ_URL: ${brokerUrlOf(service)}`,
    `      ${port.variable}: ${port.standard}`,
    `      HEALTH_PORT: ${port.standard}`,
    ...('metricsPort' in service
      ? [
          `      ${service.metricsPort.variable}: ${service.metricsPort.standard}`,
          '      # Reached by the other containers alone: its port is not published.',
          '      METRICS_HOST: 0.0.0.0',
        ]
      : []),
    ...databasesOf(service).map(
      ({ variable, setting, path }) => `      ${variable}: \${${setting}:-sqlite:${path}}`,
    ),
    ...[...settings, ...declaredSettings(name)].map(
      (setting) => `      ${setting}: ${fromEnvironment(setting)}`,
    ),
    ...('readsAllDatabases' in service
      ? ['    # It copies what is on PostgreSQL into files there.', '    tmpfs: ["/tmp:size=256m,mode=1777"]']
      : []),
    `    networks: [${networksOf(service).join(', ')}]`,
    ...('public' in service
      ? [
          '    ports:',
          `      - \${GATEWAY_ADDRESS:-127.0.0.1}:\${${port.variable}:-${port.standard}}:${port.standard}`,
        ]
      : []),
    '    volumes:',
    ...volumesOf(service).map((volume) => `      - ${volume}`),
  ];
}

/** Where the container has another default than the service. */
const DEFAULTS: Readonly<Record<string, string>> = {
  // The proxy's address in docker-compose.yml: nobody else has it.
  TRUSTED_PROXIES: '172.30.83.10',
};

/** An empty setting counts as one that is not set, so that each service knows its own defaults. */
const fromEnvironment = (setting: string): string =>
  REQUIRED.has(setting)
    ? `\${${setting}:?set ${setting} in .env}`
    : `\${${setting}:-${DEFAULTS[setting] ?? ''}}`;

/** The auditor's URLs have its own role, which only reads. */
function databasesOf(service: Service): { variable: string; setting: string; path: string }[] {
  if ('database' in service)
    return [
      {
        variable: service.database.variable,
        setting: service.database.variable,
        path: `/data/${service.database.file}`,
      },
    ];
  return DATABASE_OWNERS.map(({ alias, database }) => ({
    variable: database.variable,
    setting: `${service.alias.toUpperCase()}_${database.variable}`,
    path: `/data/${alias}/${database.file}`,
  }));
}

const volumesOf = (service: Service): string[] =>
  'database' in service
    ? [`${service.alias}-data:/data`]
    : DATABASE_OWNERS.map(({ alias }) => `${alias}-data:/data/${alias}:ro`);
