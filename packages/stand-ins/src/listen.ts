import type { Server } from 'node:net';

/** Listens on loopback, on a free port unless one is given; resolves with the port. */
export function listen(server: Server, port = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address.port);
      else reject(new Error('The stand-in got no TCP address'));
    });
  });
}
