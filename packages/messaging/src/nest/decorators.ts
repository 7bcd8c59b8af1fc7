import type { QueryType } from '@comanda/contracts';
import { Controller, type Type } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import type { Handler } from '../runtime/handler.js';

/**
 * Makes Nest controllers of handlers, so that a module lists them like any other and Nest's own metadata
 * (`@EventPattern`) leads the transport to them.
 */
export function handlers(...list: readonly Handler[]): Type[] {
  return list.map((handler) => {
    class HandlerController {
      handle(): Handler {
        return handler;
      }
    }
    const method = Object.getOwnPropertyDescriptor(HandlerController.prototype, 'handle');
    if (!method) throw new Error('unreachable: the class has the method');
    EventPattern(handler.on.type, { handler })(HandlerController.prototype, 'handle', method);
    Controller()(HandlerController);
    return Object.defineProperty(HandlerController, 'name', { value: handler.name });
  });
}

/** Marks the method of a controller that answers a query: it takes the parsed message and returns a `Reply`. */
export const Answers = (query: QueryType): MethodDecorator => MessagePattern(query.type, { query });
