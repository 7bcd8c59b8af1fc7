import type { CommandType, DataOf, QueryType, ResultOf } from '@comanda/contracts';
import { type Answer, type RequestContext, Requester } from '@comanda/messaging';
import { Inject, Injectable } from '@nestjs/common';
import { problemOfRefusal } from '../problems/problem.js';

/** For so long a service is waited for, where the request's own deadline does not come first. */
const WAIT_MS = 1_500;

/** The services behind the gateway, for controllers: an answer, or a problem thrown. */
@Injectable()
export class ServiceClient {
  constructor(@Inject(Requester) private readonly requester: Requester) {}

  /**
   * Asks and waits. Throws a `Problem` when the service refuses, `Unavailable` when nobody answers; a command is not
   * carried out then.
   */
  async ask<R extends CommandType | QueryType>(
    request: R,
    data: DataOf<R>,
    context: RequestContext,
    subject: string,
  ): Promise<ResultOf<R>> {
    return resultOf(await this.requester.ask(request, data, waiting(context, subject)));
  }

  /**
   * Has a command carried out. `undefined` when the broker has it, and nobody has answered yet: it will be carried out.
   * Throws a `Problem` when the service refuses, `Unavailable` when the broker does not take it.
   */
  async carryOut<C extends CommandType>(
    command: C,
    data: DataOf<C>,
    context: RequestContext,
    subject: string,
  ): Promise<ResultOf<C> | undefined> {
    const answer = await this.requester.carryOut(command, data, waiting(context, subject));
    return answer && resultOf(answer);
  }
}

const waiting = (context: RequestContext, subject: string) => ({
  ...context,
  subject,
  timeoutMs: WAIT_MS,
});

function resultOf<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.result;
  throw problemOfRefusal(answer.refusal);
}
