import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runScript } from '@comanda/test-kit';
import { expect, test } from '@jest/globals';

const logger = JSON.stringify(new URL('./logger.ts', import.meta.url).href);

/** A process that says something each time that it gets SIGUSR2, and ends in order on SIGTERM. */
const script = `
  const { createLogger } = await import(${logger});
  const logger = createLogger('test', 'info');
  const { writeSync } = await import('node:fs');
  process.on('SIGUSR2', () => { logger.info({}, 'at work'); setImmediate(() => writeSync(2, 'works on')); });
  process.on('SIGTERM', () => {
    for (const word of ['stopping', 'stopped']) logger.warn({}, word);
    process.exit(0);
  });
  setInterval(() => {}, 1_000);
  logger.info({ name: 'a' + String.fromCodePoint(0x2028) + 'b' }, 'ready');`;

test.each([{ lines: 0 }, { lines: 1 }])(
  'a process whose log nobody reads any more works on ($lines lines are lost), and ends when it is told to',
  async ({ lines }) => {
    const child = spawn(process.execPath, runScript(script), { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit');
    try {
      const [first] = await once(child.stdout, 'data');
      const ready = String(first).split('\n')[0] ?? '';
      expect(JSON.parse(ready)).toMatchObject({ service: 'test', msg: 'ready', name: 'a\u2028b' });
      // A line for every program that reads it.
      expect(ready).not.toContain('\u2028');
      child.stdout.destroy();
      await once(child.stdout, 'close');
      for (let line = 0; line < lines; line++) {
        child.kill('SIGUSR2');
        expect(String((await once(child.stderr, 'data'))[0])).toBe('works on');
      }
      child.kill('SIGTERM');
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
