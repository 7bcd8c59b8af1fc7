import { execFile } from 'node:child_process';
import type { Owner } from './owner.js';

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last lines of what it said, for a message. */
  readonly complaint: string;
}

const COMPLAINT_LINES = 8;

/** Runs a command to its end and returns its result. A command that does not exist counts as failed. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { timeoutMs?: number; env?: NodeJS.ProcessEnv; cwd?: string; owner?: Owner } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(
      command,
      [...args],
      {
        timeout: options.timeoutMs,
        env: options.env,
        cwd: options.cwd,
        ...options.owner,
        maxBuffer: 64 * 1024 * 1024,
      },
      (error, stdout, stderr) => {
        const said = `${stdout}\n${stderr}`.trim() || (error?.message ?? '');
        resolve({
          ok: error === null,
          stdout,
          complaint: said.split('\n').slice(-COMPLAINT_LINES).join('\n'),
        });
      },
    );
  });
}
