import type { CommandType, DataOf, QueryType, ResultOf } from '@comanda/contracts';
import { type RequestContext, Requester } from '@comanda/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { problemOfRefusal } from '../problems/problem.js';

/** Longer than a look into DNS may take, which `webhooks.checkTarget` needs. */
const QUERY_TIMEOUT_MS = 4_000;
const COMMAND_TIMEOUT_MS = 5_000;

/** The services behind the gateway, for controllers: an answer, or a problem thrown. */
@Injectable()
export class ServiceClient {
  constructor(@Inject(Requester) private readonly requester: Requester) {}

  /** Asks and waits. Throws a `Problem` when the service refuses, `Unavailable` when nobody answers. */
  async ask<R extends CommandType | QueryType>(
    request: R,
    data: DataOf<R>,
    context: RequestContext,
    subject: string,
  ): Promise<ResultOf<R>> {
    const timeoutMs = request.kind === 'command' ? COMMAND_TIMEOUT_MS : QUERY_TIMEOUT_MS;
    const answer = await this.requester.ask(request, data, { ...context, subject, timeoutMs });
    if (answer.ok) return answer.result;
    throw problemOfRefusal(answer.refusal);
  }
}
