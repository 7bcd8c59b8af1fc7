import { trustedCaOf } from '@comanda/kit';
import { type ChannelModel, connect } from 'amqplib';

/**
 * A plain connection for a tool that ends when it is lost; the caller closes it.
 *
 * @param url may name whom to trust: `withTrustedCa`
 */
export async function connectOnce(url: string, name: string): Promise<ChannelModel> {
  const { url: address, ...trusted } = trustedCaOf(url);
  const connection = await connect(address, {
    noDelay: true,
    timeout: 10_000,
    clientProperties: { connection_name: name },
    ...trusted,
  });
  connection.on('error', () => undefined); // the call that meets it fails with it
  return connection;
}
