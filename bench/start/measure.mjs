import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { DATABASE_OWNERS, serviceNamed } from '@comanda/contracts';
import { freePort } from '@comanda/local-infra';
import { quantile } from '../measure/figures.mjs';
import { processorTimes } from '../measure/processor-time.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const IMPORTS = join(import.meta.dirname, 'imports-process.mjs');
const READY = 'Comanda is ready';

/**
 * How long a warm `npm start` takes until it is ready, beside one bare process that imports Nest and TypeORM, in turns.
 * The first start makes databases, broker and caches, and counts as nothing.
 */
export async function measureStart({ directory, turns, say }) {
  const args = ['--', '--own-servers', '--data', join(directory, 'start')];
  const env = await environment();
  const imports = [];
  const starts = [];
  say('The first start, which makes what the others find');
  await start(args, env);
  for (let turn = 1; turn <= turns; turn += 1) {
    say(`P9, turn ${turn} of ${turns}`);
    imports.push(await importFrameworks(env));
    starts.push(await start(args, env));
  }
  return { imports: summary(imports), start: { ...summary(starts), byProcess: starts.at(-1).byProcess } };
}

const summary = (runs) => ({
  ms: quantile(
    runs.map(({ ms }) => ms),
    0.5,
  ),
  processorMs: quantile(
    runs.map(({ processorMs }) => processorMs),
    0.5,
  ),
  all: runs.map(({ ms }) => Math.round(ms)),
});

/** Ports that nobody uses, and nothing that Node may have compiled before. */
async function environment() {
  const ports = [
    ...DATABASE_OWNERS.map(({ port }) => port.variable),
    serviceNamed('api-gateway').metricsPort.variable,
    serviceNamed('auditor').port.variable,
    'LOGGER_RECEIVER_PORT',
    'NOTIFIER_RECEIVER_PORT',
  ];
  const chosen = await Promise.all(ports.map(async (name) => [name, String(await freePort())]));
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  return { ...env, ...Object.fromEntries(chosen) };
}

async function importFrameworks(env) {
  const since = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [IMPORTS], { env });
  return { ms: performance.now() - since, processorMs: Number(stdout) };
}

async function start(args, env) {
  const since = performance.now();
  const child = spawn('npm', ['start', ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  // `close`, not `exit`: npm ends before what it started.
  const closed = once(child, 'close');
  let figures;
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line !== READY) continue;
    const ms = performance.now() - since;
    const byProcess = processorTimesBelow(child.pid);
    figures = { ms, processorMs: byProcess.reduce((sum, [, spent]) => sum + spent, 0), byProcess };
    end();
  }
  await closed;
  process.off('exit', end);
  if (figures === undefined) throw new Error(`npm start ended before it was ready:\n${lines.join('\n')}`);
  return figures;
}

/** What each process of the start has used by now; what has ended in it is counted with its parent. */
function processorTimesBelow(pid) {
  const all = processorTimes({ withEnded: true });
  const isBelow = (one) => one === pid || (all.has(one) && isBelow(all.get(one).parent));
  const ours = [...all].filter(([one]) => isBelow(one)).map(([, { name, ms }]) => [name, ms]);
  return ours.sort(([, one], [, other]) => other - one);
}
