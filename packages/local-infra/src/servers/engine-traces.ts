import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Whether a container engine may be there: one of the settings and sockets by which testcontainers finds it. Loading
 * testcontainers to learn that there is none takes half a second.
 */
export function mayHaveContainerEngine(env: NodeJS.ProcessEnv = process.env): boolean {
  if (process.platform === 'win32' || env.DOCKER_HOST !== undefined) return true;
  const home = homedir();
  return [
    join(home, '.testcontainers.properties'),
    '/var/run/docker.sock',
    ...(env.XDG_RUNTIME_DIR === undefined ? [] : [join(env.XDG_RUNTIME_DIR, 'docker.sock')]),
    join(home, '.docker', 'run', 'docker.sock'),
    join(home, '.docker', 'desktop', 'docker.sock'),
    join('/run', 'user', String(userInfo().uid), 'docker.sock'),
  ].some((path) => existsSync(path));
}
