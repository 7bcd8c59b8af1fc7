import { brokersIn, trustedCaOf } from '@comanda/kit';
import { connect } from 'amqplib';

/** Where a RabbitMQ with default settings listens, and its default account. */
export const DEFAULT_RABBITMQ_URL = 'amqp://guest:guest@127.0.0.1:5672';

/**
 * Whether a broker at this URL, or one of several, lets us log in and open a channel: the whole protocol, not only an open
 * port.
 */
export async function rabbitMqAnswers(urls: string, timeoutMs = 3_000): Promise<boolean> {
  const answers = await Promise.all(brokersIn(urls).map((url) => answersAt(url, timeoutMs)));
  return answers.includes(true);
}

async function answersAt(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const { url: address, ...trusted } = trustedCaOf(url);
    const connection = await connect(address, { timeout: timeoutMs, noDelay: true, ...trusted });
    // A broker that goes away between here and close() says so with an event as well as with a rejection.
    connection.on('error', () => undefined);
    await connection.createChannel();
    await connection.close();
    return true;
  } catch {
    // The probe only asks whether the server answers, so every error means no.
    return false;
  }
}
