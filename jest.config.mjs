// Four kinds of tests, fastest first. Everything but `unit` talks to real, private servers (see test/support/).
const common = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^@comanda/((?:orders|products|payments)-service|webhook-publisher)$': '<rootDir>/$1/src/index.ts',
    '^@comanda/auditor$': '<rootDir>/auditor/src/index.ts',
    '^@comanda/([a-z-]+)$': '<rootDir>/packages/$1/src/index.ts',
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

export default {
  projects: [
    project('unit'),
    {
      ...project('integration'),
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    { ...project('e2e') },
    { ...project('fault') },
  ],
  testTimeout: 60_000,
};
