import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Four kinds of tests, fastest first; those of `integration` that touch a database run a second time, on PostgreSQL. Everything but `unit` talks to real, private servers (see test/support/).
const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@comanda/((?:orders|products|payments)-service|webhook-publisher)$': '<rootDir>/$1/src/index.ts',
    '^@comanda/auditor$': '<rootDir>/auditor/src/index.ts',
    '^@comanda/edge-functions$': '<rootDir>/edge-functions/index.ts',
    '^@comanda/test-kit/hooks$': '<rootDir>/packages/test-kit/src/hooks.ts',
    '^@comanda/([a-z-]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^@comanda/contracts/event-type-pattern$': '<rootDir>/packages/contracts/src/event-type-pattern.ts',
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

const integration = {
  ...project('integration'),
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

/** Whatever opens a database where the tests are told to (packages/test-kit/src/database-url.ts). */
const TOUCHES_A_DATABASE =
  /testDatabaseUrl|openTestDatabase|useDatabase|useStage|useGateway|by-hand|testing\/(stage|instance)\.js|gateway-under-test|services-and-gateway/;
/** The broker, HTTP, or SQLite itself: a second run would only take its time. */
const ABOUT_SOMETHING_ELSE =
  /messaging\/src\/(broker|dead-letters|migration|nest)\/|runtime\/outage\.|api-gateway\/src\/(?!auth|storage|http\/idempotency|orders)/;
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
    integration,
    {
      ...integration,
      displayName: 'postgres',
      testMatch: [...touchingDatabases.map((file) => `<rootDir>/${file}`), '<rootDir>/**/*.postgres.spec.ts'],
    },
    { ...project('e2e') },
    { ...project('fault') },
  ],
  testTimeout: 60_000,
};
