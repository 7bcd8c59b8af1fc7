import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which Linux (32768+) and macOS (49152+) take the ports of outgoing connections. */
const LOWEST = 15_000;
const HIGHEST = 32_000;
const ATTEMPTS = 200;

const issued = new Set<number>();

/**
 * A TCP port on loopback that nobody listens on and that this function has not returned before.
 *
 * Ports from the system's ephemeral range are avoided on purpose: while a server on such a port is down for a
 * restart, a client that keeps reconnecting can take the port for its own end, or even connect to itself.
 *
 * @throws Error when no free port was found
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (issued.has(port)) continue;
    if (await isPortFree(port)) {
      issued.add(port);
      return port;
    }
  }
  throw new Error(`No free TCP port found between ${LOWEST} and ${HIGHEST} in ${ATTEMPTS} attempts`);
}

/** Whether a server could listen on this port now, on `host` (all interfaces when left out). */
export async function isPortFree(port: number, host?: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
