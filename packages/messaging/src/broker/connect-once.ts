import { brokersIn, trustedCaOf } from '@comanda/kit';
import { type ChannelModel, connect } from 'amqplib';

/**
 * A plain connection for a tool that ends when it is lost; the caller closes it.
 *
 * @param urls one, or several of one cluster, of which the first that answers is taken; each may name whom to trust:
 *   `withTrustedCa`
 * @throws why the last of them was not reached
 */
export async function connectOnce(
  urls: string,
  name: string,
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {},
): Promise<ChannelModel> {
  const reach = async (url: string): Promise<ChannelModel> => {
    const { url: address, ...trusted } = trustedCaOf(url);
    const connection = await connect(address, {
      noDelay: true,
      timeout: timeoutMs,
      clientProperties: { connection_name: name },
      ...trusted,
    });
    connection.on('error', () => undefined); // the call that meets it fails with it
    return connection;
  };
  const [first = '', ...others] = brokersIn(urls);
  return others.reduce((reached, url) => reached.catch(() => reach(url)), reach(first));
}
