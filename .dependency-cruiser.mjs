// Who may import whom; docs/architecture.md says why. `npm test` runs it:
//   npx depcruise --config .dependency-cruiser.mjs packages api-gateway ... webhook-publisher
import { SERVICES } from './packages/contracts/src/services.ts';

const SERVICE = `(${SERVICES.map(({ name }) => name).join('|')})`;
const TESTS = '\\.spec\\.ts$|(^|/)test/|^packages/test-kit/|/src/testing/';

/** From `from` nothing of ours may be imported but itself and `allowed`. */
const layer = (name, allowed) => ({
  name: `layer-${name}`,
  comment: `${name} may import ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: TESTS },
  to: {
    path: `^(packages|${SERVICE}|edge-functions|cli|scripts|bench|test)/`,
    pathNot: [name, ...allowed].map((one) => `^packages/${one}/`),
  },
});

/** The files of a room may import those of their own room, of `allowed` rooms, and the files beside the rooms. */
const room = (name, own, allowed) => ({
  name: `room-${name}-${own}`,
  comment: `${own}/ of ${name} may import ${allowed.map((one) => `${one}/`).join(', ') || 'no other room'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/${own}/`, pathNot: TESTS },
  to: {
    path: `^packages/${name}/src/(.+/|(index|messaging|service-runtime)\\.ts$)`,
    pathNot: [own, ...allowed].map((one) => `^packages/${name}/src/${one}/`),
  },
});

/**
 * What can open a connection: Node's modules for that, and each npm package that is not known to open none, so that a
 * new HTTP client is forbidden before anybody thinks of it. `fetch` and its like need no import: biome.json forbids them.
 */
const CONNECTIONLESS = [
  '@nestjs/common',
  'cockatiel',
  'commander',
  'ipaddr\\.js',
  'jose/dist/webapi/jws',
  'mustache',
  'pino',
  'zod',
];
const WAY_OUT =
  `^(node:)?(child_process|cluster|dgram|dns(/promises)?|http|http2|https|net|tls|worker_threads)$|` +
  `(^|/)node_modules/(?!(${CONNECTIONLESS.join('|')})/)`;

export default {
  forbidden: [
    {
      name: 'webhooks-leave-through-the-guard',
      comment:
        'Only channels/http/ may open connections, because it checks every address that it dials; but for mail, below. prom-client has a client for a push gateway: metrics.ts alone has it, and declares counters',
      severity: 'error',
      from: {
        path: '^webhook-publisher/src/',
        pathNot: `^webhook-publisher/src/(channels/(http/|email/mailer\\.ts$)|metrics\\.ts$)|${TESTS}`,
      },
      to: { path: WAY_OUT },
    },
    {
      name: 'mail-leaves-through-nodemailer',
      comment:
        'The mail server is a setting, so the guard is not asked: this file opens no connection of another kind',
      severity: 'error',
      from: { path: '^webhook-publisher/src/channels/email/mailer\\.ts$' },
      to: { path: WAY_OUT, pathNot: '(^|/)node_modules/nodemailer/' },
    },
    // kit, contracts <- storage <- messaging <- operations <- service-kit <- services
    layer('kit', []),
    layer('contracts', []),
    layer('storage', ['kit']),
    layer('messaging', ['kit', 'contracts', 'storage']),
    layer('operations', ['kit', 'contracts', 'storage', 'messaging']),
    layer('service-kit', ['kit', 'contracts', 'storage', 'messaging', 'operations']),
    layer('local-infra', ['kit', 'contracts']),
    layer('stand-ins', []),
    // The rooms of messaging: broker <- runtime <- work <- nest
    room('messaging', 'broker', []),
    room('messaging', 'runtime', ['broker']),
    room('messaging', 'work', ['broker', 'runtime']),
    {
      name: 'packages-never-import-services',
      comment: 'Not in their tests either: what all services share can know none of them',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: `^${SERVICE}/` },
    },
    {
      name: 'services-never-import-each-other',
      comment: 'They meet in the messages of packages/contracts only',
      severity: 'error',
      from: { path: `^${SERVICE}/` },
      to: { path: `^${SERVICE}/`, pathNot: '^$1/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'domain/ holds rules: it imports contracts and itself, and zod, which contracts are made of',
      severity: 'error',
      from: { path: `^${SERVICE}/src/domain/`, pathNot: TESTS },
      to: { pathNot: ['^$1/src/domain/', '^packages/contracts/src/', '(^|/)node_modules/zod/'] },
    },
    {
      name: 'edge-functions-stand-alone',
      comment:
        'A function runs on its own: it imports the verification, the rules for event types, amounts and lines, and nothing else',
      severity: 'error',
      from: { path: '^edge-functions/((logger|notifier)/|verified-webhook)', pathNot: TESTS },
      to: {
        pathNot: [
          '^edge-functions/$1',
          '^edge-functions/verified-webhook\\.ts$',
          '^packages/client/src/webhooks\\.ts$',
          '^packages/contracts/src/(event-type-pattern|money-text|one-line)\\.ts$',
        ],
      },
    },
    {
      name: 'client-runs-anywhere',
      comment: 'In browsers, too: it imports nothing of Node, nothing of ours, and one package of others',
      severity: 'error',
      from: { path: '^packages/client/src/', pathNot: TESTS },
      to: { pathNot: ['^packages/client/src/', '(^|/)node_modules/eventsource-parser/'] },
    },
    {
      name: 'local-infra-and-stand-ins-are-for-tools',
      comment:
        'Starting servers and doubles is the business of the launcher, the commands, tests and the benchmark, never of a service',
      severity: 'error',
      from: { pathNot: `^(packages/(local-infra|stand-ins)|cli|scripts|bench|test)/|${TESTS}` },
      to: { path: '^packages/(local-infra|stand-ins)/' },
    },
    {
      name: 'through-the-front-door',
      comment: 'A package is imported by its name, that is through its index.ts or what else it exports',
      severity: 'error',
      from: { path: '^(packages/[^/]+|[^/]+)/' },
      to: {
        path: '^packages/',
        pathNot: [
          '^$1/',
          '^packages/[^/]+/src/(index|testing/(store-conformance|some-texts))\\.ts$',
          '^packages/test-kit/src/hooks\\.ts$',
          '^packages/service-kit/src/(process|settings)\\.ts$',
          '^packages/client/src/webhooks\\.ts$',
          '^packages/contracts/src/(event-type-pattern|money-text|one-line)\\.ts$',
        ],
      },
    },
    {
      name: 'no-circular-imports',
      comment: 'Two types may name each other; code that needs each other is one thing in two files',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports, and that imports nothing, is forgotten',
      severity: 'error',
      from: { orphan: true, pathNot: `${TESTS}|\\.d\\.ts$|(^|/)index\\.ts$` },
      to: {},
    },
    {
      name: 'no-unresolvable-imports',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'only-declared-dependencies',
      comment: 'A package that came along with another one can go away with it',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'services-run-without-dev-dependencies',
      comment: 'They are not in the image (see Dockerfile)',
      severity: 'error',
      from: {
        path: `^(packages/(kit|contracts|storage|messaging|operations|service-kit)|${SERVICE})/src/`,
        pathNot: TESTS,
      },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    // dependency-cruiser can't use TypeScript 7; swc reads decorators and type imports as well.
    parser: 'swc',
    exclude: { path: '(^|/)(dist|coverage|\\.comanda)/' },
    doNotFollow: { path: '(^|/)node_modules/' },
    // Each workspace declares what it uses (knip.json).
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      // "types" leads to a workspace's sources (packages/*/package.json), so dist/ need not be there.
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
};
