import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../free-port.js';
import { REPOSITORY } from '../repository.js';
import { findNginx } from './find-binaries.js';
import { ProcessServer } from './process-server.js';
import type { Server } from './server.js';

export interface NginxOptions {
  /** Where it keeps its configuration and its files. */
  readonly directory: string;
  /** The ports of the gateways on this machine. */
  readonly gateways: readonly number[];
  /** Files in PEM. */
  readonly tls: { readonly certificate: string; readonly key: string };
  readonly onLine?: (line: string) => void;
  /** See `ProcessSpec.ownGroup`. */
  readonly ownGroup?: boolean;
}

/** The edge of `deploy/edge/nginx.conf`, as a process of this machine. Its `url` is where clients reach it, with TLS. */
export interface NginxServer extends Server {
  /** Where it only says that there is TLS. */
  readonly plainUrl: string;
}

/**
 * Starts the edge before gateways of this machine, on free ports; resolves when it serves.
 *
 * @throws Error when nginx is not here as a program, or does not come up
 */
export async function startNginx(options: NginxOptions): Promise<NginxServer> {
  const command = findNginx();
  if (command === undefined) throw new Error('nginx is not installed on this machine');
  const { directory, gateways, onLine, ownGroup } = options;
  const [port, plainPort] = [await freePort(), await freePort()];
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'nginx.conf'), rendered(options, port, plainPort));
  writeFileSync(
    join(directory, 'gateways.conf'),
    gateways.map((gateway) => `server 127.0.0.1:${gateway} max_fails=0;\n`).join(''),
  );
  const plainUrl = `http://127.0.0.1:${plainPort}`;
  const server = new ProcessServer({
    kind: {
      name: 'nginx',
      url: (host, ofPort) => `https://${host}:${ofPort}`,
      answers: () => redirects(plainUrl),
      readyTimeoutMs: 15_000,
      stopGraceMs: 5_000,
    },
    options: {
      directory,
      ...(onLine !== undefined && { onLine }),
      ...(ownGroup !== undefined && { ownGroup }),
    },
    port,
    plan: {
      command,
      args: ['-e', 'stderr', '-p', directory, '-c', join(directory, 'nginx.conf'), '-g', 'daemon off;'],
      tools: dirname(command),
    },
  });
  await server.start();
  return Object.assign(server, { plainUrl });
}

/** The configuration as operators have it, for these ports and folders. */
function rendered({ directory, tls }: NginxOptions, port: number, plainPort: number): string {
  let text = readFileSync(join(REPOSITORY, 'deploy/edge/nginx.conf'), 'utf8');
  for (const [operators, ours] of [
    ['/tmp/', `${directory}/`],
    ['listen 8080;', `listen 127.0.0.1:${plainPort};`],
    ['listen 8443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['/etc/comanda/tls/certificate.pem', tls.certificate],
    ['/etc/comanda/tls/key.pem', tls.key],
    // Two cores run all of the platform besides.
    ['worker_processes auto;', 'worker_processes 1;'],
  ] as const) {
    if (!text.includes(operators)) throw new Error(`deploy/edge/nginx.conf has no ${operators}`);
    text = text.replaceAll(operators, ours);
  }
  // Else its workers would be of another user, who can't reach the folder.
  return process.getuid?.() === 0 ? `user root;\n${text}` : text;
}

async function redirects(url: string): Promise<boolean> {
  try {
    const { status } = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(2_000) });
    return status === 308;
  } catch {
    return false; // not listening yet
  }
}
