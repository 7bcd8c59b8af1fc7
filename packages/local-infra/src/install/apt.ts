import { chmodSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { runCommand } from '../run-command.js';

export type AptPackage = 'rabbitmq-server' | 'redis-server' | 'postgresql' | 'nginx';

/** Debian asks this script whether a service may be started during an installation. */
const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_BACKUP = `${POLICY}.before-comanda`;
const TIMEOUT_MS = 10 * 60_000;
const ENVIRONMENT = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

/** Debian or Ubuntu, and we may install packages. */
export function canInstallWithApt(): boolean {
  return process.platform === 'linux' && existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
}

/**
 * Installs the servers' programs only. It keeps Debian from starting the services that come with them, now or at the
 * next boot, because Comanda runs private servers.
 *
 * @throws Error with apt's last words when it fails
 */
export async function installWithApt(packages: readonly AptPackage[]): Promise<void> {
  forbidServiceStarts();
  try {
    const update = await runCommand('apt-get', ['update'], { timeoutMs: TIMEOUT_MS, env: ENVIRONMENT });
    const install = await runCommand('apt-get', ['install', '-y', '--no-install-recommends', ...packages], {
      timeoutMs: TIMEOUT_MS,
      env: ENVIRONMENT,
    });
    // A partly failed update does not matter while the packages can be installed.
    if (!install.ok) {
      const reason = update.ok ? install.complaint : `${update.complaint}\n${install.complaint}`;
      throw new Error(`apt-get could not install ${packages.join(' and ')}:\n${reason}`);
    }
  } finally {
    restoreServiceStarts();
  }
  for (const name of packages) await disableAtBoot(name);
}

function forbidServiceStarts(): void {
  if (existsSync(POLICY)) renameSync(POLICY, POLICY_BACKUP);
  // 101: "action forbidden by policy" (Debian's invoke-rc.d).
  writeFileSync(POLICY, '#!/bin/sh\nexit 101\n');
  chmodSync(POLICY, 0o755);
}

function restoreServiceStarts(): void {
  if (existsSync(POLICY_BACKUP)) renameSync(POLICY_BACKUP, POLICY);
  else rmSync(POLICY, { force: true });
}

async function disableAtBoot(service: AptPackage): Promise<void> {
  // A container has neither; it does not boot, so there is nothing to disable.
  if (existsSync('/run/systemd/system')) await runCommand('systemctl', ['disable', service]);
  else await runCommand('update-rc.d', [service, 'disable']);
}
