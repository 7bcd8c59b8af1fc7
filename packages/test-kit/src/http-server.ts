import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';

/** A test's own HTTP server on a free port; it plays a peer of a service. */
export class HttpServer {
  readonly #server: Server;

  private constructor(
    server: Server,
    readonly port: number,
  ) {
    this.#server = server;
  }

  static async start(listener: RequestListener, host = '127.0.0.1'): Promise<HttpServer> {
    const server = createServer(listener).listen(0, host);
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
    return new HttpServer(server, address.port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Cuts all connections. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
