import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends bytes to a server of this machine as they are. When nothing more has come back for a moment, or nothing at all
 * within `quietMs`, it ends its side, so that the server ends, too. One that does not within ten seconds hangs, which is
 * an error.
 */
export function rawExchange(
  port: number,
  bytes: string | Uint8Array,
  { quietMs = 2_000 }: { readonly quietMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    let quiet = setTimeout(() => socket.end(), quietMs);
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end after ${HANGS_MS} ms; so far: ${text.slice(0, 200)}`));
    }, HANGS_MS);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.end(), A_MOMENT_MS);
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined); // a server that refuses may reset; what came before counts
    socket.on('close', () => {
      clearTimeout(quiet);
      clearTimeout(late);
      resolve(text);
    });
    socket.write(bytes);
  });
}

const HANGS_MS = 10_000;
const A_MOMENT_MS = 30;

/** The answers in what came back, one behind the other. Those without a length end with the connection. */
export function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  while (rest !== '') {
    const [head = '', after = ''] = split(rest, '\r\n\r\n');
    const [statusLine = '', ...lines] = head.split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? Number.NaN);
    if (Number.isNaN(status)) throw new Error(`this is no answer: ${rest.slice(0, 200)}`);
    const headers = Object.fromEntries(
      lines
        .map((line) => split(line, ':'))
        .map(([name = '', value = '']) => [name.toLowerCase(), value.trim()]),
    );
    const length = status < 200 || status === 204 ? 0 : Number(headers['content-length'] ?? after.length);
    answers.push({ status, headers, body: Buffer.from(after.slice(0, length), 'latin1').toString() });
    rest = after.slice(length);
  }
  return answers;
}

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + by.length)];
}
