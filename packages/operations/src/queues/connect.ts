import { type ChannelModel, connect } from 'amqplib';

/** A plain connection for a tool that ends when it is lost; the caller closes it. */
export async function connectOnce(url: string, name: string): Promise<ChannelModel> {
  const connection = await connect(url, {
    noDelay: true,
    timeout: 10_000,
    clientProperties: { connection_name: name },
  });
  connection.on('error', () => undefined); // the call that meets it fails with it
  return connection;
}
