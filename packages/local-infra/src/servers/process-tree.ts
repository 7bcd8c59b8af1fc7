import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { ManagedProcess } from '../managed-process.js';

const POLL_MS = 20;

/** SIGKILL to a process and its children; resolves when all are gone. Without /proc the children end by themselves. */
export async function endTree(root: ManagedProcess): Promise<void> {
  const children = root.pid === undefined ? [] : childrenOf(root.pid);
  root.kill('SIGKILL');
  for (const pid of children) end(pid);
  await root.exited;
  // PostgreSQL can't start while one of its former children holds the shared memory.
  while (children.some(isAlive)) await delay(POLL_MS);
}

function childrenOf(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => statusOf(candidate)?.parent === pid);
}

/** A zombie holds nothing any more. */
const isAlive = (pid: number): boolean => !['Z', undefined].includes(statusOf(pid)?.state);

function statusOf(pid: number): { state: string | undefined; parent: number } | undefined {
  try {
    // pid (name) state parent ...; the name may hold anything.
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined; // ended meanwhile
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended with its parent.
  }
}
