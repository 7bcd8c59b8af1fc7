import type { ManagedProcess } from '@comanda/local-infra';
import { z } from 'zod';
import { until } from '../support/until.js';

/** Node says this on its standard error once SIGUSR1 has opened its inspector. */
const LISTENS = /Debugger listening on (ws:\/\/\S+)/;
const Reply = z.object({ id: z.number(), result: z.unknown() });
const Usage = z.object({ usedSize: z.number(), backingStorageSize: z.number().default(0) });

/** The port of the inspector: any that is free. For the settings of the process. */
export const INSPECTABLE = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };

/** Looks into the heap of another process of this machine, by Node's own inspector. */
export class Heap {
  #asked = 0;

  private constructor(private readonly socket: WebSocket) {}

  static async open(process: Pick<ManagedProcess, 'kill' | 'tail'>): Promise<Heap> {
    process.kill('SIGUSR1');
    let address = '';
    await until('its inspector listens', () => {
      address =
        process
          .tail(200)
          .flatMap((line) => LISTENS.exec(line)?.[1] ?? [])
          .at(-1) ?? '';
      return address !== '';
    });
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    return new Heap(socket);
  }

  /** How many bytes are in use once all garbage has gone. */
  async used(): Promise<number> {
    // What was only reachable through what the first turn freed goes in the second.
    for (let turn = 0; turn < 2; turn++) await this.#ask('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = Usage.parse(await this.#ask('Runtime.getHeapUsage'));
    return usedSize + backingStorageSize;
  }

  close(): void {
    this.socket.close();
  }

  #ask(method: string): Promise<unknown> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const hear = ({ data }: MessageEvent): void => {
        const reply = Reply.safeParse(JSON.parse(String(data)));
        if (reply.data?.id !== id) return;
        this.socket.removeEventListener('message', hear);
        resolve(reply.data.result);
      };
      this.socket.addEventListener('message', hear);
      this.socket.send(JSON.stringify({ id, method }));
    });
  }
}
