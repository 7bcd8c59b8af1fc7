import { type CommandType, type DataOf, newId, type QueryType, type ResultOf } from '@comanda/contracts';
import { type Answer, Broker, Requester } from '@comanda/messaging';
import { PATIENCE_MS } from './until.js';

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Asks the services over the broker as the gateway does, in the name of any tenant and with ids of one's choice. */
export class Asker {
  private constructor(
    private readonly broker: Broker,
    private readonly requester: Requester,
  ) {}

  static async connect(url: string): Promise<Asker> {
    const broker = new Broker(url, 'tests', QUIET);
    const requester = new Requester('api-gateway', broker);
    await requester.ready();
    return new Asker(broker, requester);
  }

  close(): Promise<void> {
    return this.broker.close();
  }

  ask<R extends CommandType | QueryType>(
    tenantId: string,
    request: R,
    data: DataOf<R>,
  ): Promise<Answer<ResultOf<R>>> {
    const context = { tenantId, correlationId: newId(), subject: newId() };
    return this.requester.ask(request, data, { ...context, timeoutMs: PATIENCE_MS });
  }

  /** The result of what must not be refused. */
  async result<R extends CommandType | QueryType>(
    tenantId: string,
    request: R,
    data: DataOf<R>,
  ): Promise<ResultOf<R>> {
    const answer = await this.ask(tenantId, request, data);
    if (!answer.ok)
      throw new Error(`${request.type} of ${tenantId} was refused: ${JSON.stringify(answer.refusal)}`);
    return answer.result;
  }
}
