import { rmSync } from 'node:fs';

/** Ends what global-setup.ts started. */
export default async function teardown(): Promise<void> {
  const servers = globalThis.testServers;
  if (!servers) return;
  servers.control.close();
  await Promise.all([servers.rabbit.discard(), servers.redis?.discard(), servers.postgres?.discard()]);
  for (const directory of servers.directories) rmSync(directory, { recursive: true, force: true });
}
