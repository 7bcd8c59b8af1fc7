import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { type NginxServer, startNginx } from '@comanda/local-infra';
import { EventReader } from '@comanda/test-kit';
import { makeCertificates } from '../support/certificates.js';
import type { Installation } from '../support/installation.js';

const NAME = 'localhost';

export interface EdgeRequest {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** On a connection of its own. */
  readonly fresh?: boolean;
}

export interface EdgeAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** nginx before all gateways of an installation, and a client of it. */
export class Edge {
  /** What nginx says of gateways that did not answer: each of these requests went to another one, or nowhere. */
  readonly complaints: string[] = [];

  private constructor(
    readonly nginx: NginxServer,
    /** Who signed its certificate, in PEM. */
    readonly ca: Buffer,
    private readonly kept: Agent,
  ) {}

  /** @param ownGroup see `ProcessSpec.ownGroup` */
  static async start(installation: Installation, folder: string, ownGroup = false): Promise<Edge> {
    const { ca, certificate, key } = makeCertificates(folder, NAME);
    const complaints: string[] = [];
    const nginx = await startNginx({
      directory: join(folder, 'edge'),
      gateways: gatewaysOf(installation).map((name) => portOf(installation, name)),
      tls: { certificate, key },
      onLine: (line) => line.includes(' upstream') && complaints.push(line),
      ownGroup,
    });
    const trusted = readFileSync(ca);
    const kept = new Agent({ ca: trusted, servername: NAME, keepAlive: true });
    return Object.assign(new Edge(nginx, trusted, kept), { complaints });
  }

  /** Throws when the connection is refused, or ends before the answer does. */
  async send(method: string, path: string, options: EdgeRequest = {}): Promise<EdgeAnswer> {
    const { body, fresh = false } = options;
    const agent = fresh ? new Agent({ ca: this.ca, servername: NAME, keepAlive: false }) : this.kept;
    const answer = await this.#open(method, path, agent, options, body);
    return { status: answer.statusCode ?? 0, body: await json(answer) };
  }

  /** Opens a stream of server-sent events. */
  async stream(path: string, options: EdgeRequest): Promise<EventReader> {
    const answer = await this.#open('GET', path, new Agent({ ca: this.ca, servername: NAME }), options);
    const abort = new AbortController();
    abort.signal.addEventListener('abort', () => answer.destroy());
    const headers = { 'content-type': String(answer.headers['content-type'] ?? '') };
    // A Response of 204 has no body.
    const body = answer.statusCode === 204 ? null : ReadableStream.from<Uint8Array>(answer);
    return EventReader.of(new Response(body, { status: answer.statusCode ?? 0, headers }), abort);
  }

  async stop(): Promise<void> {
    this.kept.destroy();
    await this.nginx.discard();
  }

  #open(
    method: string,
    path: string,
    agent: Agent,
    { token, headers }: EdgeRequest,
    body?: unknown,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.nginx.url}/api/v1${path}`,
        {
          method,
          agent,
          headers: {
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
            ...(body !== undefined && { 'content-type': 'application/json' }),
            'cache-control': 'no-cache',
            ...headers,
          },
        },
        resolve,
      );
      sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

export const gatewaysOf = ({ platform }: Installation): string[] =>
  [...platform.services.keys()].filter((name) => name.startsWith('gateway'));

const portOf = ({ platform }: Installation, name: string): number =>
  Number(new URL(platform.urls.get(name) ?? '').port);
