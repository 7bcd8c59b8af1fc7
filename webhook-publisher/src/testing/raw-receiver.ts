import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** A request as its bytes came. */
export interface Received {
  readonly path: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** On which connection, from 1, and the how manyth request it is there. */
  readonly connection: number;
  readonly nthThere: number;
}

/** What is written for a request: these bytes, and then the connection is closed; or whatever the function does. */
export type Script = string | readonly (string | Buffer)[] | ((socket: Socket, request: Received) => void);

export interface RawReceiverOptions {
  readonly host?: string;
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
  /** What is done before a request is read. */
  readonly onConnect?: (socket: Socket) => void;
}

/** A receiver that speaks bytes, not HTTP: so it can say what no HTTP server would. */
export class RawReceiver {
  readonly requests: Received[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly script: Script,
    private readonly onConnect: RawReceiverOptions['onConnect'],
  ) {}

  static async start(script: Script, { host = '127.0.0.1', tls, onConnect }: RawReceiverOptions = {}) {
    const server = tls ? createTlsServer(tls) : createServer();
    const receiver = new RawReceiver(server, script, onConnect);
    server.on('connection', (socket: Socket) => receiver.#keep(socket));
    server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => receiver.#listen(socket));
    await once(server.listen(0, host), 'listening');
    return receiver;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('it listens on no port');
    return address.port;
  }

  stop(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
  }

  #listen(socket: Socket): void {
    const connection = ++this.connections;
    socket.on('error', () => undefined);
    if (this.onConnect) {
      this.onConnect(socket);
      return;
    }
    let bytes = Buffer.alloc(0);
    let nthThere = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let end = endOf(bytes); end !== undefined; end = endOf(bytes)) {
        const request = { ...read(bytes.subarray(0, end)), connection, nthThere: ++nthThere };
        bytes = bytes.subarray(end);
        this.requests.push(request);
        this.#answer(socket, request);
      }
    });
  }

  #answer(socket: Socket, request: Received): void {
    if (typeof this.script === 'function') this.script(socket, request);
    else {
      for (const part of [this.script].flat()) socket.write(part);
      socket.end();
    }
  }
}

const headOf = (bytes: Buffer) => bytes.toString('latin1').split('\r\n\r\n', 1)[0] ?? '';

/** Where the first request ends, once it is there. */
function endOf(bytes: Buffer): number | undefined {
  const head = headOf(bytes);
  const end = head.length + 4 + Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  return bytes.length > 0 && bytes.length >= end ? end : undefined;
}

function read(bytes: Buffer): Pick<Received, 'path' | 'headers' | 'body'> {
  const head = headOf(bytes);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.replace(/^[^:]*:\s*/, '')]),
  );
  return {
    path: first.split(' ')[1] ?? '',
    headers,
    body: bytes.subarray(head.length + 4).toString('utf8'),
  };
}
