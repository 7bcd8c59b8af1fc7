import { request } from 'node:http';

/**
 * A client of server-sent events, over a connection of its own.
 *
 * @param {(event: string, data: any) => void} heard
 */
export async function openStream(url, authorization, heard = () => undefined) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const sent = request(url, { headers: { authorization }, agent: false }, resolve);
  sent.on('error', reject);
  sent.end();
  const response = await promise;
  if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`);
  const stream = { open: true, close: () => sent.destroy() };
  response.on('close', () => {
    stream.open = false;
  });
  response.on('error', () => undefined); // closed by us
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk) => {
    const blocks = `${text}${chunk}`.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const [, event] = /^event: (.*)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (event !== undefined && data !== undefined) heard(event, JSON.parse(data));
    }
  });
  return stream;
}
