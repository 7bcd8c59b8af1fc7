import { until } from '@comanda/kit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ManagedProcess, type ProcessSpec } from './managed-process.js';

const started: ManagedProcess[] = [];

function node(script: string, spec: Partial<ProcessSpec> = {}): ManagedProcess {
  const child = new ManagedProcess({
    name: 'child',
    command: process.execPath,
    args: ['-e', script],
    ...spec,
  });
  started.push(child);
  return child;
}

const wrote = (child: ManagedProcess, line: string): Promise<void> =>
  until(`child writes "${line}"`, async () => child.tail().includes(line));

/** Stays up; says so when its handlers are in place. */
const STUBBORN = `process.on('SIGTERM', () => console.log('no')); setInterval(() => {}, 1_000); console.log('up')`;
const OBEDIENT = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1_000); console.log('up')`;

afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => child.stop({ graceMs: 0 })));
});

describe('a managed process', () => {
  it('hands over each line as it comes, and keeps only the last ones', async () => {
    const lines: string[] = [];
    const child = node(
      `for (let i = 1; i <= 5; i += 1) console.log('line ' + i); console.error('a complaint')`,
      {
        keepLines: 3,
        onLine: (line, stream) => lines.push(`${stream} ${line}`),
      },
    );
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(lines.filter((line) => line.startsWith('stdout'))).toHaveLength(5);
    expect(lines).toContain('stderr a complaint');
    expect(child.tail()).toHaveLength(3);
  });

  it('ends by SIGTERM when it listens to it', async () => {
    const child = node(OBEDIENT);
    await wrote(child, 'up');
    expect(await child.stop({ graceMs: 10_000 })).toEqual({ code: 0, signal: null });
    expect(child.running).toBe(false);
  });

  it('is killed when the grace is over', async () => {
    const child = node(STUBBORN);
    await wrote(child, 'up');
    expect(await child.stop({ graceMs: 100 })).toEqual({ code: null, signal: 'SIGKILL' });
    expect(child.tail()).toContain('no');
  });

  it('can be stopped while it is paused', async () => {
    const child = node(OBEDIENT);
    await wrote(child, 'up');
    child.kill('SIGSTOP');
    expect(await child.stop({ graceMs: 10_000 })).toEqual({ code: 0, signal: null });
  });

  it('reports a command that does not exist instead of throwing', async () => {
    const child = new ManagedProcess({ name: 'ghost', command: '/nowhere/at-all' });
    const { code, error } = await child.exited;
    // Wrapped for death with its parent, the wrapper starts and then fails with the shell's code for "not found".
    expect(error !== undefined || code === 127).toBe(true);
    expect(child.kill()).toBe(false);
  });

  it('sends no signal once it has ended', async () => {
    const child = node('process.exit(3)');
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(child.kill('SIGTERM')).toBe(false);
    expect(await child.stop()).toEqual({ code: 3, signal: null });
  });
});
