// `npm run test:unit` and `npm run test:watch`: the tests that need no server. What is passed on narrows the run.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const jest = ['--experimental-vm-modules', '--no-warnings', resolve(root, 'node_modules/jest/bin/jest.js')];
const args = [...jest, ...process.argv.slice(2), '--selectProjects', 'unit'];
const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
