import type { ServerResponse } from 'node:http';

/** What goes back over HTTP: JSON, a stream of the engine's frames, or nothing. */
export interface EngineAnswer {
  readonly status: number;
  readonly body?: object;
  readonly frames?: Buffer;
}

export const done: EngineAnswer = { status: 204 };
export const notModified: EngineAnswer = { status: 304 };
export const refused = (status: number, message: string): EngineAnswer => ({ status, body: { message } });

/** Standard output and error, each in a frame: stream number, three zeros, length, bytes. */
export function frames(stdout: string, stderr = ''): EngineAnswer {
  const frame = (stream: number, text: string): Buffer[] => {
    if (text === '') return [];
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    const bytes = Buffer.from(text);
    header.writeUInt32BE(bytes.length, 4);
    return [header, bytes];
  };
  return { status: 200, frames: Buffer.concat([...frame(1, stdout), ...frame(2, stderr)]) };
}

export function send(response: ServerResponse, { status, body, frames }: EngineAnswer): void {
  const type = frames === undefined ? 'application/json' : 'application/vnd.docker.multiplexed-stream';
  response.writeHead(status, { 'content-type': type, connection: 'close' });
  response.end(frames ?? (body === undefined ? undefined : JSON.stringify(body)));
}
