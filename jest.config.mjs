import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const readJson = (file) => JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8'));

/** What a workspace exports leads to its sources (`types` in its package.json), so that dist/ need not be there. */
function sourcesOfWorkspaces() {
  const files = readJson('package.json').workspaces.flatMap((folder) =>
    globSync(`${folder}/package.json`, { cwd: import.meta.dirname }),
  );
  return Object.fromEntries(
    files.flatMap((file) => {
      const { name, exports = {} } = readJson(file);
      return Object.entries(exports).map(([path, { types }]) => [
        `^${join(name, path)}$`,
        join('<rootDir>', dirname(file), types),
      ]);
    }),
  );
}

// Four kinds of tests, fastest first; those of `integration` that touch a database run a second time, on PostgreSQL.
// Everything but `unit` talks to real, private servers (see test/support/).
const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/test/support/own-zod-config.mjs'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    ...sourcesOfWorkspaces(),
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['/dist/', '/.comanda/'],
};

/** @param {string} kind */
const project = (kind) => ({ ...common, displayName: kind, testMatch: [`<rootDir>/**/*.${kind}.spec.ts`] });

/** @param {string} kind */
const withServers = (kind) => ({
  ...project(kind),
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
});

/** Whatever opens a database where the tests are told to (packages/test-kit/src/database-url.ts). */
const TOUCHES_A_DATABASE =
  /testDatabaseUrl|openTestDatabase|useDatabase|useStage|useGateway|useTwoGateways|by-hand|testing\/(stage|instance|publisher)\.js|gateway-under-test|services-and-gateway/;
/** The broker, HTTP, or SQLite itself: a second run would only take its time. */
const ABOUT_SOMETHING_ELSE =
  /(messaging\/src\/(broker|nest)|webhook-publisher\/src\/channels|operations\/src\/queues)\/|runtime\/outage\.|api-gateway\/src\/(?!accounts|administration|api-keys|storage|routes\/idempotency|orders)/;
const touchingDatabases = globSync(
  '{packages,*-service,api-gateway,webhook-publisher,test}/**/*.integration.spec.ts',
  {
    cwd: import.meta.dirname,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  },
)
  .filter((file) => !ABOUT_SOMETHING_ELSE.test(file))
  .filter((file) => TOUCHES_A_DATABASE.test(readFileSync(join(import.meta.dirname, file), 'utf8')));

export default {
  projects: [
    project('unit'),
    withServers('integration'),
    {
      ...withServers('postgres'),
      testMatch: [...touchingDatabases.map((file) => `<rootDir>/${file}`), '<rootDir>/**/*.postgres.spec.ts'],
    },
    withServers('e2e'),
    withServers('fault'),
  ],
  // Longer than anything that a test waits for, so that a test that fails names it.
  testTimeout: 180_000,
};
