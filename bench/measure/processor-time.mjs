import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { hundredths } from './figures.mjs';

const TICK_MS = 10;
/** Fields of /proc/<pid>/stat after the name in brackets, which may hold anything. */
const [PARENT, USER, SYSTEM, ENDED_USER, ENDED_SYSTEM] = [1, 11, 12, 13, 14];

/**
 * The processor time that a measurement takes, for each process below ours: whole processes, as Linux counts them. It is
 * steadier than the clock on a machine that does other things, too. Nothing where there is no /proc.
 *
 * @param {() => Promise<{ completed: number }>} measure
 * @returns what it measured, with `msPerOrder`: milliseconds for each completed order, by process
 */
export async function withProcessorTime(measure) {
  const before = processorTimes();
  const figures = await measure();
  const spent = new Map();
  for (const [pid, { name, ms }] of processorTimes())
    spent.set(name, (spent.get(name) ?? 0) + ms - (before.get(pid)?.ms ?? 0));
  const perOrder = [...spent].map(([name, ms]) => [name, hundredths(ms / figures.completed)]);
  const shown = perOrder.filter(([, ms]) => ms >= 0.01).sort(([, one], [, other]) => other - one);
  return { ...figures, msPerOrder: Object.fromEntries(shown) };
}

/**
 * Of all processes below ours, by process id. What has ended by now is missing; with `withEnded` it counts with its
 * parent.
 */
export function processorTimes({ withEnded = false } = {}) {
  const all = new Map(
    processIds().flatMap((pid) => [[pid, statOf(pid, withEnded)]].filter(([, stat]) => stat)),
  );
  const isOurs = (pid) => pid === process.pid || (all.has(pid) && isOurs(all.get(pid).parent));
  return new Map([...all].filter(([pid]) => pid !== process.pid && isOurs(pid)));
}

function processIds() {
  try {
    return readdirSync('/proc').map(Number).filter(Boolean);
  } catch {
    return []; // not Linux
  }
}

function statOf(pid, withEnded) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    const ended = withEnded ? [ENDED_USER, ENDED_SYSTEM] : [];
    const ms = [USER, SYSTEM, ...ended].reduce((sum, field) => sum + Number(fields[field]), 0) * TICK_MS;
    return { parent: Number(fields[PARENT]), ms, name: nameOf(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** What a person calls it: `orders-service`, `stage orders`, `RabbitMQ`. */
function nameOf(commandLine) {
  const words = commandLine.split('\0');
  if (words.some((word) => word.includes('beam.smp'))) return 'RabbitMQ';
  if (words.some((word) => word.includes('redis-server'))) return 'Redis';
  const script = words.findIndex((word) => /\.m?js$/.test(word));
  if (script === -1) return basename(words[0] ?? '');
  const [, folder] = /([^/]+)\/dist\/main\.js$/.exec(words[script]) ?? [];
  return [folder ?? basename(words[script]).replace(/\.m?js$/, ''), words[script + 1] ?? ''].join(' ').trim();
}
