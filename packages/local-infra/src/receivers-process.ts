import { join } from 'node:path';
import { ManagedProcess } from './managed-process.js';
import { REPOSITORY } from './repository.js';
import { answersOk, untilReady } from './servers/until-ready.js';
import { inheritedEnvironment } from './services.js';

export interface ReceiversOptions {
  readonly loggerPort: number;
  readonly notifierPort: number;
  /** Their secrets, the logger's database, Telegram. */
  readonly env: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
  /** The folder that holds `edge-functions/`; this repository when left out. */
  readonly root?: string;
}

const SCRIPT = join('edge-functions', 'dist', 'node', 'serve.js');
const READY_TIMEOUT_MS = 10_000;

/**
 * Starts the two receivers of `edge-functions/` as one process; resolves when both answer.
 *
 * @throws Error with the end of its log when it does not get there
 */
export async function startReceivers(options: ReceiversOptions): Promise<ManagedProcess> {
  const { loggerPort, notifierPort, onLine, ownGroup } = options;
  const receivers = new ManagedProcess({
    name: 'The receivers',
    command: process.execPath,
    args: ['--enable-source-maps', SCRIPT],
    cwd: options.root ?? REPOSITORY,
    env: {
      ...inheritedEnvironment(),
      BIND_HOST: '127.0.0.1',
      LOGGER_RECEIVER_PORT: String(loggerPort),
      NOTIFIER_RECEIVER_PORT: String(notifierPort),
      ...options.env,
    },
    ...(ownGroup !== undefined && { ownGroup }),
    ...(onLine !== undefined && { onLine }),
  });
  const ports = [loggerPort, notifierPort];
  const listening = async (): Promise<boolean> =>
    (await Promise.all(ports.map((port) => answersOk(port, '/health')))).every(Boolean);
  await untilReady(receivers, listening, READY_TIMEOUT_MS);
  return receivers;
}
