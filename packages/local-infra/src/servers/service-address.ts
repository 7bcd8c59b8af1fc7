import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP address that stays while what is behind it changes, as a virtual IP or a service of Kubernetes does. While
 * nothing is behind it, connections are closed at once.
 */
export class ServiceAddress {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(private target: number) {
    this.#server = createServer((client) => this.#forward(client));
  }

  /** @param target a port of this machine */
  static async open(target: number): Promise<ServiceAddress> {
    const address = new ServiceAddress(target);
    await new Promise<void>((resolve, reject) => {
      address.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return address;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('it does not listen');
    return address.port;
  }

  /** The same URL, by this address. */
  by(url: string): string {
    return Object.assign(new URL(url), { port: String(this.port) }).href;
  }

  /** Leads elsewhere from now on; what is connected is closed. */
  leadTo(target: number): void {
    this.target = target;
    this.#closeAll();
  }

  async close(): Promise<void> {
    const closed = new Promise<unknown>((resolve) => this.#server.close(resolve));
    this.#closeAll();
    await closed;
  }

  #forward(client: Socket): void {
    const server = connect({ port: this.target, host: '127.0.0.1', noDelay: true });
    client.setNoDelay();
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on('error', () => undefined); // its `close` follows
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }

  #closeAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
