import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runScript } from '@comanda/test-kit';
import { expect, test } from '@jest/globals';
import { armCrashPoint } from './crash-point.js';
import { ConfigurationError } from './settings.js';

/** Runs a script in a process of its own: one that is armed can't be disarmed, and may die. */
function run(script: string, env: Record<string, string>) {
  const of = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const imports = `
    const { main } = await import(${of('./main.ts')});
    const { failpoint } = await import(${of('../../messaging/src/failpoints.ts')});`;
  return promisify(execFile)(process.execPath, runScript(imports + script), {
    env: { PATH: process.env.PATH, ...env },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, signal: null, stdout, stderr }),
    ({ code, signal, stdout, stderr }) => ({ code, signal, stdout, stderr }),
  );
}

test('a process that is armed dies at its failpoint, at its type, at its time, and does not get one step further', async () => {
  const script = `await main(async () => {
    const pass = (...types) => { console.log(types.join()); failpoint('after-commit', types.map((type) => ({ type }))); };
    failpoint('before-commit', 'order.created');
    pass('order.created');
    pass('order.rejected');
    pass('order.rejected', 'order.created');
    pass('order.created');
  });`;
  const ended = await run(script, { COMANDA_CRASH_AT: 'after-commit@order.created:2' });
  expect(ended).toEqual({
    code: null,
    signal: 'SIGKILL',
    stdout: 'order.created\norder.rejected\norder.rejected,order.created\n',
    stderr: 'killed at the failpoint after-commit (order.rejected, order.created)\n',
  });
});

test('in production a service with a crash point does not start, and says so in one line', async () => {
  const ended = await run(`await main(async () => console.log('started'));`, {
    COMANDA_CRASH_AT: 'after-commit',
    NODE_ENV: 'production',
  });
  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^COMANDA_CRASH_AT: kills the service, .*production\n$/);
});

test('a failpoint that is none stops the start with one line that names those there are', () => {
  const start = () => armCrashPoint({ COMANDA_CRASH_AT: 'after-lunch' });
  expect(start).toThrow(ConfigurationError);
  expect(start).toThrow(
    'COMANDA_CRASH_AT: must be <failpoint>[@<type>][:<n>], the failpoints are before-commit, after-commit, after-publish, after-confirm, during-external-call',
  );
});

test('without the variable, or with an empty one, nothing is armed, in production as elsewhere', () => {
  armCrashPoint({ NODE_ENV: 'production' });
  armCrashPoint({ NODE_ENV: 'production', COMANDA_CRASH_AT: '' });
});
