// `npm test`: the static checks, then every kind of test, two runs side by side; the last line counts all of them.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { SERVICES } from '@comanda/contracts';
import {
  ensureNginx,
  ensurePostgres,
  ensureRabbitMqProgram,
  ensureServerPrograms,
} from '@comanda/local-infra';
import { findDeno } from './bootstrap/deno.mjs';
import { SetUpError } from './bootstrap/step.mjs';

const root = resolve(import.meta.dirname, '..');
const results = mkdtempSync(join(tmpdir(), 'comanda-test-'));
const total = { passed: 0, failed: 0 };

/** What the layers are checked in. */
const LAYERED = [
  'packages',
  ...SERVICES.map(({ name }) => name),
  'edge-functions',
  'cli',
  'scripts',
  'test/simulation',
];
/**
 * The runs of Jest, in the order in which they are begun. A run waits for its servers half of its time, so two go side by
 * side, each with servers of its own. The longest goes first, beside the quickest, and the last is in parts, so that
 * both sides end at about the same time. Within a run one file follows another, or they would fight for the machine.
 */
const RUNS = [
  { kind: 'fault', servers: true },
  { kind: 'unit' },
  { kind: 'integration', servers: true },
  // Those of them that touch a database, on the other kind of database.
  { kind: 'postgres', servers: true },
  { kind: 'e2e', servers: true, shard: '1/3' },
  { kind: 'e2e', servers: true, shard: '2/3' },
  { kind: 'e2e', servers: true, shard: '3/3' },
];
const KINDS = [...new Set(RUNS.map(({ kind }) => kind))];
const HELP = `npm test [-- narrowing]: static checks, then the tests, and one line that counts them

  npm test                                   all of it
  npm test -- unit                           tests of a kind: ${KINDS.join(', ')}
  npm test -- orders-service/src/domain      files of each kind whose path has this in it
  npm test -- e2e webhooks -t 'is retried'   both, and one of Jest's own options
  npm run test:unit                          unit tests without the static checks: seconds`;
const SIDE_BY_SIDE = Math.min(2, availableParallelism());
/** Files that need a PostgreSQL, besides those of the kind of that name. */
const ON_POSTGRES = '/postgres\\.(integration|e2e|fault)\\.spec\\.ts$';
/** Files that need three brokers. */
const ON_A_CLUSTER = '/cluster\\.fault\\.spec\\.ts$';
/** Files that need nginx. */
const BEHIND_AN_EDGE = '/edge\\.(integration|fault)\\.spec\\.ts$';
/** docs/decisions/16-a-second-try.md: a wrong book is never a matter of a busy machine. */
const NEVER_AGAIN = /BooksWrong|violation/i;
const MAX_FILES_AGAIN = 3;
const unsteady = [];
/** What is left out on a machine that has no PostgreSQL or nginx, or RabbitMQ only in containers. */
const without = [];
/** A run that has written its results must end; something that keeps it open is a fault of the tests. */
const LINGER_MS = 30_000;

const JEST = 'node_modules/jest/bin/jest.js';
/** What Node has compiled once: a service that a test starts needs a fifth less of the processor, other children half. */
const COMPILED = { NODE_COMPILE_CACHE: join(root, '.comanda', 'compile-cache') };

const running = new Set();

/** Runs a file with this Node; resolves with whether it exited 0. What it says is passed on line by line. */
function node(file, args, { stopWhen } = {}) {
  return new Promise((settle) => {
    const child = spawn(process.execPath, [...nodeFlags(file), join(root, file), ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...COMPILED, ...process.env, ...(process.stderr.isTTY && { FORCE_COLOR: '1' }) },
    });
    running.add(child);
    for (const output of [child.stdout, child.stderr])
      createInterface({ input: output }).on('line', (line) => process.stderr.write(`${line}\n`));
    let writtenAt;
    const watch = setInterval(() => {
      if (stopWhen === undefined || !existsSync(stopWhen)) return;
      writtenAt ??= performance.now();
      if (performance.now() - writtenAt > LINGER_MS) child.kill('SIGKILL');
    }, 1_000);
    child.on('close', (code) => {
      clearInterval(watch);
      running.delete(child);
      settle(code === 0);
    });
  });
}

const nodeFlags = (file) => (file === JEST ? ['--experimental-vm-modules', '--no-warnings'] : []);

let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted = true;
    for (const child of running) child.kill(signal);
  });
}

async function check(title, file, args = []) {
  console.error(`\n== ${title}`);
  const ok = await node(file, args);
  total[ok ? 'passed' : 'failed'] += 1;
}

/** Begins the runs in their order, so many at once; resolves with those whose files are worth a second try. */
async function jest(runs, narrowing) {
  const waiting = [...runs];
  const again = [];
  const oneAfterAnother = async () => {
    for (let next = waiting.shift(); next && !interrupted; next = waiting.shift()) {
      const name = next.shard ? `${next.kind} ${next.shard}` : next.kind;
      console.error(`\n== ${name} tests`);
      const began = performance.now();
      const report = await run(next, narrowing, 'first');
      const seconds = Math.round((performance.now() - began) / 1_000);
      console.error(
        `\n== ${name} tests: ${report.passed} passed, ${report.failed} failed, in ${seconds} s; longest: ${longest(report)}`,
      );
      total.passed += report.passed;
      total.failed += report.failed;
      const files = next.servers ? worthASecondTry(report) : [];
      if (files.length > 0) again.push({ ...next, name, files });
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, oneAfterAnother));
  return again;
}

async function secondTry({ name, files, ...first }) {
  const paths = files.map((file) => file.name);
  console.error(`\n== ${name} tests, a second try, alone: ${paths.join(', ')}`);
  const second = await run({ ...first, shard: undefined }, ['--runTestsByPath', ...paths], 'second');
  total.passed += second.passed - files.reduce((sum, file) => sum + passedIn(file), 0);
  total.failed += second.failed - files.reduce((sum, file) => sum + failedIn(file), 0);
  if (second.failed === 0) unsteady.push(...paths);
}

/** Where the time of a run went, for those who want it back. */
const longest = ({ files }) =>
  files
    .map(({ name, startTime, endTime }) => ({ name, seconds: Math.round((endTime - startTime) / 1_000) }))
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, 4)
    .map(({ name, seconds }) => `${relative(root, name)} ${seconds} s`)
    .join(', ');

const passedIn = ({ assertionResults }) =>
  assertionResults.filter(({ status }) => status === 'passed').length;
/** A file that could not be run at all counts as one. */
const failedIn = ({ assertionResults }) =>
  assertionResults.filter(({ status }) => status === 'failed').length || 1;

/** The files of a run that failed, when they are few and nothing they say is about wrong books. */
function worthASecondTry({ files }) {
  const failed = files.filter(({ status }) => status === 'failed');
  const hopeless = failed.some(({ message }) => NEVER_AGAIN.test(message));
  return hopeless || failed.length > MAX_FILES_AGAIN ? [] : failed;
}

async function run({ kind, shard, servers = false }, narrowing, time) {
  const outputFile = join(results, `${kind}-${shard?.replace('/', '-of-') ?? 'all'}-${time}.json`);
  // What narrows the run goes first: --selectProjects takes every word that follows it.
  const args = [
    ...narrowing,
    ...(servers ? ['--runInBand'] : []),
    ...(shard ? [`--shard=${shard}`] : []),
    ...without,
    '--passWithNoTests',
    '--json',
    `--outputFile=${outputFile}`,
    '--selectProjects',
    kind,
  ];
  const ok = await node(JEST, args, { stopWhen: outputFile });
  const report = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined;
  const failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  return {
    passed: report?.numPassedTests ?? 0,
    // A run that went wrong outside of any test counts as one failure, so that it can't be overlooked.
    failed: failed === 0 && !ok ? 1 : failed,
    files: report?.testResults ?? [],
  };
}

async function main(args) {
  const kinds = KINDS.filter((kind) => args.includes(kind));
  const narrowing = args.filter((arg) => !kinds.includes(arg));
  await ensureServerPrograms((message) => console.error(message));
  await check('lint and format', 'node_modules/@biomejs/biome/bin/biome', ['check', '.']);
  const cruise = (config) => ['--config', config, ...LAYERED];
  await check(
    'layers',
    'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
    cruise('.dependency-cruiser.mjs'),
  );
  await check(
    'no circle between rooms',
    'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs',
    cruise('.dependency-cruiser.rooms.mjs'),
  );
  await check('declared dependencies, unused code', 'node_modules/knip/bin/knip.js', [
    '--treat-config-hints-as-errors',
  ]);
  await check('types of the tests', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.tests.json']);
  await check('known vulnerabilities', 'scripts/supply-chain/known-vulnerabilities.mjs');
  const lacking = await ensurePostgres((message) => console.error(message));
  if (lacking !== undefined) without.push(`--testPathIgnorePatterns=${ON_POSTGRES}`);
  const alone = await ensureRabbitMqProgram((message) => console.error(message));
  if (alone !== undefined) without.push(`--testPathIgnorePatterns=${ON_A_CLUSTER}`);
  const edgeless = await ensureNginx((message) => console.error(message));
  if (edgeless !== undefined) without.push(`--testPathIgnorePatterns=${BEHIND_AN_EDGE}`);
  const wanted = RUNS.filter(({ kind }) => kinds.length === 0 || kinds.includes(kind));
  const runs = wanted.filter(({ kind }) => kind !== 'postgres' || lacking === undefined);
  const withoutDeno = runs.some(({ kind }) => kind === 'postgres') ? await bringDeno() : undefined;
  for (const files of await jest(runs, narrowing)) if (!interrupted) await secondTry(files);
  // At the end, where it is read. A build that nobody watches must not pass over it.
  for (const untested of [lacking, alone, edgeless, withoutDeno].filter((one) => one !== undefined)) {
    console.error(`\n${untested}`);
    if (process.env.CI) total.failed += 1;
  }
}

/** The tests of the edge functions find it as `TEST_DENO`. Resolves with why there is none. */
async function bringDeno() {
  try {
    process.env.TEST_DENO = await findDeno(root);
    return undefined;
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    return `NOT TESTED UNDER DENO: ${error.message}`;
  }
}

if (process.argv.includes('--help')) {
  process.stdout.write(`${HELP}\n`);
  process.exit();
}
try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`\n${error.message}`);
  total.failed += 1;
} finally {
  rmSync(results, { recursive: true, force: true });
}
if (interrupted) total.failed += 1;
for (const file of unsteady) process.stdout.write(`\nUNSTEADY, passed only at a second try: ${file}`);
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
