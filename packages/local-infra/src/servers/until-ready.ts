import { stripVTControlCharacters } from 'node:util';
import { describeExit, type ExitStatus, type ManagedProcess } from '../managed-process.js';
import { poll } from '../poll.js';

const SHOWN_LINES = 15;

/**
 * Waits until a process that was just started serves.
 *
 * @throws Error with the end of its log when it ends first, or takes longer than `timeoutMs`
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
    await poll(answers, {
      what: `${process.name} is ready`,
      timeoutMs,
      giveUp: () => {
        if (ended !== undefined) throw new Error(`it ended (${describeExit(ended)})`);
      },
    });
  } catch (error) {
    throw didNotStart(process.name, error, process.tail(SHOWN_LINES));
  }
}

/** The error of something that did not start, with the end of its log. */
export function didNotStart(name: string, error: unknown, log: readonly string[]): Error {
  const reason = error instanceof Error ? error.message : String(error);
  const lines = log.slice(-SHOWN_LINES).map(stripVTControlCharacters).join('\n');
  return new Error(`${name} did not start: ${reason}\nThe end of its log:\n${lines}`, { cause: error });
}
