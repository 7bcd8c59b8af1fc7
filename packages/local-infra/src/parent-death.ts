import { spawnSync } from 'node:child_process';

let supported: boolean | undefined;

/**
 * The command, wrapped so that Linux itself ends the child when its parent dies, also by SIGKILL, when no code of
 * ours runs any more. `setpriv` sets the signal and then becomes the command: the pid stays the same.
 * Elsewhere the command is returned as it is.
 */
export function dyingWithParent(
  command: string,
  args: readonly string[],
  signal: NodeJS.Signals = 'SIGTERM',
): { command: string; args: string[] } {
  if (!canDieWithParent()) return { command, args: [...args] };
  return { command: 'setpriv', args: ['--pdeathsig', signal.slice('SIG'.length), '--', command, ...args] };
}

function canDieWithParent(): boolean {
  // BusyBox has a setpriv that lacks the option, so it is tried and not only looked for.
  supported ??=
    process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'TERM', '--', 'true']).status === 0;
  return supported;
}
