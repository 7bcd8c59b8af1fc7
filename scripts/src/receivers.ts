import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnvironment, ManagedProcess, poll } from '@comanda/local-infra';
import { formatLogLine } from './log-line.js';
import { print } from './terminal.js';

export interface ReceiverOptions {
  readonly root: string;
  readonly loggerPort: number;
  readonly notifierPort: number;
  readonly env: Readonly<Record<string, string>>;
}

const SCRIPT = join('webhook-publisher', 'dist', 'receivers', 'serve.js');
const READY_TIMEOUT_MS = 10_000;

/** The two example receivers of webhooks, as one process; undefined when they are not there. */
export async function startReceivers(options: ReceiverOptions): Promise<ManagedProcess | undefined> {
  if (!existsSync(join(options.root, SCRIPT))) return undefined;
  const receivers = new ManagedProcess({
    name: 'receivers',
    command: process.execPath,
    args: ['--enable-source-maps', SCRIPT],
    cwd: options.root,
    ownGroup: true,
    env: {
      ...inheritedEnvironment(),
      LOGGER_RECEIVER_PORT: String(options.loggerPort),
      NOTIFIER_RECEIVER_PORT: String(options.notifierPort),
      ...options.env,
    },
    onLine: (line) => print(formatLogLine('receivers', line)),
  });
  const listening = async (): Promise<boolean> =>
    (await isListening(options.loggerPort)) && (await isListening(options.notifierPort));
  await poll(listening, {
    what: 'the example receivers listen',
    timeoutMs: READY_TIMEOUT_MS,
    giveUp: () => {
      if (!receivers.running)
        throw new Error(`The example receivers ended:\n${receivers.tail(10).join('\n')}`);
    },
  });
  return receivers;
}

async function isListening(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      signal: AbortSignal.timeout(2_000),
      headers: { connection: 'close' },
    });
    await response.body?.cancel();
    return true;
  } catch {
    // Refused: it does not listen yet.
    return false;
  }
}
