// `npm test`: the static checks, then every kind of test, fastest first; the last line counts all of them.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SERVICES } from '@comanda/contracts';
import { ensurePostgres, ensureServerPrograms } from '@comanda/local-infra';

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
/** Everything but the unit tests starts servers of its own, and two such files at once would fight for the machine. */
const KINDS = [
  { kind: 'unit', flags: [] },
  { kind: 'integration', flags: ['--runInBand'], servers: true },
  // Those of them that touch a database, on the other kind of database.
  { kind: 'postgres', flags: ['--runInBand'], servers: true },
  { kind: 'e2e', flags: ['--runInBand'], servers: true },
  { kind: 'fault', flags: ['--runInBand'], servers: true },
];
/** Files that need a PostgreSQL, besides those of the kind of that name. */
const ON_POSTGRES = '/postgres\\.(integration|e2e|fault)\\.spec\\.ts$';
/** docs/decisions/16-a-second-try.md: a wrong book is never a matter of a busy machine. */
const NEVER_AGAIN = /BooksWrong|violation/i;
const MAX_FILES_AGAIN = 3;
const unsteady = [];
/** A run that has written its results must end; something that keeps it open is a fault of the tests. */
const LINGER_MS = 30_000;

const JEST = 'node_modules/jest/bin/jest.js';

/** Runs a file with this Node and our terminal; resolves with whether it exited 0. */
function node(file, args, { stopWhen } = {}) {
  return new Promise((settle) => {
    const child = spawn(process.execPath, [...nodeFlags(file), join(root, file), ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    current = child;
    let writtenAt;
    const watch = setInterval(() => {
      if (stopWhen === undefined || !existsSync(stopWhen)) return;
      writtenAt ??= performance.now();
      if (performance.now() - writtenAt > LINGER_MS) child.kill('SIGKILL');
    }, 1_000);
    child.on('close', (code) => {
      clearInterval(watch);
      settle(code === 0);
    });
  });
}

const nodeFlags = (file) => (file === JEST ? ['--experimental-vm-modules', '--no-warnings'] : []);

let current;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted = true;
    current?.kill(signal);
  });
}

async function check(title, file, args = []) {
  console.error(`\n== ${title}`);
  const ok = await node(file, args);
  total[ok ? 'passed' : 'failed'] += 1;
}

async function jest({ kind, flags, servers = false }, narrowing) {
  console.error(`\n== ${kind} tests`);
  const first = await run(kind, flags, narrowing, 'first');
  const again = servers && !interrupted ? worthASecondTry(first) : [];
  if (again.length > 0) {
    console.error(`\n== ${kind} tests, a second try, alone: ${again.map(({ name }) => name).join(', ')}`);
    const second = await run(kind, flags, ['--runTestsByPath', ...again.map(({ name }) => name)], 'second');
    total.passed +=
      second.passed - again.reduce((sum, { assertionResults }) => sum + passedIn(assertionResults), 0);
    total.failed += second.failed - again.reduce((sum, file) => sum + failedIn(file), 0);
    if (second.failed === 0) unsteady.push(...again.map(({ name }) => name));
  }
  total.passed += first.passed;
  total.failed += first.failed;
}

const passedIn = (assertions) => assertions.filter(({ status }) => status === 'passed').length;
/** A file that could not be run at all counts as one. */
const failedIn = ({ assertionResults }) =>
  assertionResults.filter(({ status }) => status === 'failed').length || 1;

/** The files of a run that failed, when they are few and nothing they say is about wrong books. */
function worthASecondTry({ files }) {
  const failed = files.filter(({ status }) => status === 'failed');
  const hopeless = failed.some(({ message }) => NEVER_AGAIN.test(message));
  return hopeless || failed.length > MAX_FILES_AGAIN ? [] : failed;
}

async function run(kind, flags, narrowing, time) {
  const outputFile = join(results, `${kind}-${time}.json`);
  // What narrows the run goes first: --selectProjects takes every word that follows it.
  const args = [
    ...narrowing,
    ...flags,
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

async function main(narrowing) {
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
  await check('declared dependencies, unused code', 'node_modules/knip/bin/knip.js', ['--no-config-hints']);
  await check('types of the tests', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.tests.json']);
  await check('known vulnerabilities', 'scripts/supply-chain/known-vulnerabilities.mjs');
  const lacking = await ensurePostgres((message) => console.error(message));
  const without = lacking === undefined ? [] : [`--testPathIgnorePatterns=${ON_POSTGRES}`];
  for (const { kind, flags, servers } of KINDS) {
    if (interrupted || (kind === 'postgres' && lacking !== undefined)) continue;
    await jest({ kind, flags: [...flags, ...without], servers }, narrowing);
  }
  if (lacking === undefined) return;
  // At the end, where it is read. A build that nobody watches must not pass over it.
  console.error(`\n${lacking}`);
  if (process.env.CI) total.failed += 1;
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
