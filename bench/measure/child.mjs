import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * A process of our own that speaks over Node's channel, says when it is ready, and ends when the channel closes.
 *
 * @param {URL} file
 * @param {{ args?: string[], env?: Record<string, string>, onMessage?: (message: object) => void }} [options]
 *   `onMessage` gets every message after the first
 * @returns once it has sent its first message, which is `first`; `failed` rejects if it ends by itself
 * @throws {Error} when it ends before
 */
export async function startChild(file, { args = [], env = {}, onMessage = () => {} } = {}) {
  const child = fork(file, args, { env: { ...process.env, ...env } });
  const exited = once(child, 'exit');
  const failed = exited.then(([code, signal]) => {
    throw new Error(`${file.pathname} ${args.join(' ')} ended (${signal ?? `code ${code}`})`);
  });
  const [first] = await Promise.race([once(child, 'message'), failed]);
  child.on('message', onMessage);
  return {
    first,
    failed,
    send: (message) => child.send(message),
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
