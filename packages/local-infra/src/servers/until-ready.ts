import { stripVTControlCharacters } from 'node:util';
import { messageOf, until } from '@comanda/kit';
import { describeExit, type ExitStatus, type ManagedProcess } from '../managed-process.js';

const SHOWN_LINES = 15;
/** Asked five times as often, ten services that start take a quarter of the machine from themselves. */
const ASK_EVERY_MS = 100;

/**
 * Waits until a process that was just started serves.
 *
 * @throws Error with the end of its log when it ends first, or takes longer than `timeoutMs`; the process is ended then
 */
export async function untilReady(
  process: ManagedProcess,
  answers: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  let ended: ExitStatus | undefined;
  process.exited.then((status) => {
    ended = status;
  });
  try {
    const ready = async (): Promise<boolean> => {
      if (await answers()) return true;
      if (ended !== undefined) throw new Error(`it ended (${describeExit(ended)})`);
      return false;
    };
    await until(`${process.name} is ready`, ready, { timeoutMs, everyMs: ASK_EVERY_MS });
  } catch (error) {
    await process.stop({ graceMs: 0 });
    throw didNotStart(process.name, error, process.tail(SHOWN_LINES));
  }
}

/** Whether a server of ours on this machine answers 200 on a path. */
export async function answersOk(port: number, path: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.timeout(2_000),
      headers: { connection: 'close' },
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    // Not listening yet, or too busy to answer.
    return false;
  }
}

/** The error of something that did not start, with the end of its log. */
export function didNotStart(name: string, error: unknown, log: readonly string[]): Error {
  const lines = log.slice(-SHOWN_LINES).map(stripVTControlCharacters).join('\n');
  return new Error(`${name} did not start: ${messageOf(error)}\nThe end of its log:\n${lines}`, {
    cause: error,
  });
}
