// `npm test`: the static checks, then every kind of test, fastest first; the last line counts all of them.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureServerPrograms } from './dist/ensure-programs.js';

const root = resolve(import.meta.dirname, '..');
const results = mkdtempSync(join(tmpdir(), 'comanda-test-'));
const total = { passed: 0, failed: 0 };

const CODE = [
  'packages',
  'api-gateway',
  'products-service',
  'orders-service',
  'payments-service',
  'webhook-publisher',
  'test/simulation',
  'auditor',
];
/** Everything but the unit tests starts servers of its own, and two such files at once would fight for the machine. */
const KINDS = [
  { kind: 'unit', flags: [] },
  { kind: 'integration', flags: ['--runInBand'] },
  { kind: 'e2e', flags: ['--runInBand'] },
  { kind: 'fault', flags: ['--runInBand'] },
];
/** A run that has written its results must end; something that keeps it open is a fault of the tests. */
const LINGER_MS = 30_000;

/** Runs one of the installed tools with this Node and our terminal; resolves with whether it exited 0. */
function tool(file, args, { stopWhen } = {}) {
  return new Promise((settle) => {
    const child = spawn(process.execPath, [...nodeFlags(file), join(root, 'node_modules', file), ...args], {
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

const nodeFlags = (file) => (file.startsWith('jest/') ? ['--experimental-vm-modules', '--no-warnings'] : []);

let current;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted = true;
    current?.kill(signal);
  });
}

async function check(title, file, args) {
  console.error(`\n== ${title}`);
  const ok = await tool(file, args);
  total[ok ? 'passed' : 'failed'] += 1;
}

async function jest({ kind, flags }, narrowing) {
  console.error(`\n== ${kind} tests`);
  const outputFile = join(results, `${kind}.json`);
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
  const ok = await tool('jest/bin/jest.js', args, { stopWhen: outputFile });
  const report = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : undefined;
  const failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  total.passed += report?.numPassedTests ?? 0;
  // A run that went wrong outside of any test counts as one failure, so that it can't be overlooked.
  total.failed += failed === 0 && !ok ? 1 : failed;
}

async function main(narrowing) {
  await ensureServerPrograms((message) => console.error(message));
  await check('lint and format', '@biomejs/biome/bin/biome', ['check', '.']);
  const layers = ['--config', '.dependency-cruiser.mjs', ...CODE];
  await check('layers', 'dependency-cruiser/bin/dependency-cruiser.mjs', layers);
  await check('types of the tests', 'typescript/bin/tsc', ['-p', 'tsconfig.tests.json']);
  for (const kind of KINDS) {
    if (!interrupted) await jest(kind, narrowing);
  }
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
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
