import { DATABASE_OWNERS, SERVICES, type Service } from '@comanda/contracts';
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

export const compose = (text: string): string =>
  withSection(
    withSection(
      withSection(text, 'services', SERVICES.flatMap((service) => ['', ...composeService(service)]).slice(1)),
      'volumes',
      DATABASE_OWNERS.map(({ alias }) => `  ${alias}-data:`),
    ),
    'roles',
    POSTGRES_PASSWORDS.map((setting) => `      ${setting}: \${${setting}:-}`),
  );

/** Settings without which nothing starts: Compose says so before it starts anything. */
const REQUIRED: ReadonlySet<string> = new Set(['JWT_SECRET', 'PAYMENT_PROVIDER', 'WEBHOOK_ENCRYPTION_KEYS']);

function composeService(service: Service): string[] {
  const { name, port, settings } = service;
  const host = 'public' in service ? '' : '127.0.0.1:';
  return [
    ...('readsAllDatabases' in service
      ? ['  # Its volumes are mounted read-only: it changes none of the databases.']
      : []),
    `  ${name}:`,
    '    <<: *service',
    `    command: [node, --enable-source-maps, ${name}/dist/main.js]`,
    '    environment:',
    '      <<: *environment',
    `      ${port.variable}: ${port.standard}`,
    `      HEALTH_PORT: ${port.standard}`,
    ...('metricsPort' in service
      ? [
          `      ${service.metricsPort.variable}: ${service.metricsPort.standard}`,
          '      # Reached by the other containers alone: its port is not published.',
          '      METRICS_HOST: 0.0.0.0',
        ]
      : []),
    ...databasesOf(service).map(({ variable, path }) => `      ${variable}: \${${variable}:-sqlite:${path}}`),
    ...settings.map((setting) => `      ${setting}: ${fromEnvironment(setting)}`),
    '    ports:',
    `      - ${host}\${${port.variable}:-${port.standard}}:${port.standard}`,
    '    volumes:',
    ...volumesOf(service).map((volume) => `      - ${volume}`),
  ];
}

/** An empty setting counts as one that is not set, so that each service knows its own defaults. */
const fromEnvironment = (setting: string): string =>
  REQUIRED.has(setting) ? `\${${setting}:?set ${setting} in .env}` : `\${${setting}:-}`;

function databasesOf(service: Service): { variable: string; path: string }[] {
  if ('database' in service)
    return [{ variable: service.database.variable, path: `/data/${service.database.file}` }];
  return DATABASE_OWNERS.map(({ alias, database }) => ({
    variable: database.variable,
    path: `/data/${alias}/${database.file}`,
  }));
}

const volumesOf = (service: Service): string[] =>
  'database' in service
    ? [`${service.alias}-data:/data`]
    : DATABASE_OWNERS.map(({ alias }) => `${alias}-data:/data/${alias}:ro`);
