import type { z } from 'zod';
import { dataSchemaOf } from './envelope.js';
import type { ServiceName } from './services.js';

/** What the `sequence` of an event counts: the events of one order, of its reservation, of its payment ... A test is alone. */
export type Aggregate = 'order' | 'reservation' | 'payment' | 'product' | 'subscription' | 'test';

interface Definition<Type extends string, Data extends z.ZodType> {
  readonly type: Type;
  readonly version: number;
  readonly dataschema: string;
  readonly data: Data;
  readonly summary: string;
}

/** Something that happened; one service publishes it to any number of consumers. */
export interface EventType<Type extends string = string, Data extends z.ZodType = z.ZodType>
  extends Definition<Type, Data> {
  readonly kind: 'event';
  /** The only service that may publish it. */
  readonly publisher: ServiceName;
  readonly aggregate: Aggregate;
  /** Who handles it. Their queues are bound before it is published, whichever service starts first. */
  readonly consumers: readonly ServiceName[];
  /** Fields of `data` that our services alone need: subscribers don't get them. */
  readonly internal: readonly string[];
  /** An example of `data`, for documentation and for the tests of subscribers. */
  readonly example: z.infer<Data>;
}

/** What one service is asked for: a command or a query. */
export interface RequestType<
  Kind extends 'command' | 'query',
  Type extends string = string,
  Data extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> extends Definition<Type, Data> {
  readonly kind: Kind;
  readonly to: ServiceName;
  readonly result: Result;
  /** Only the operators' commands send it, never the gateway. */
  readonly operatorsOnly?: true;
  /** The services that ask it besides the gateway and the operators. */
  readonly askedBy?: readonly ServiceName[];
}

/** Something that one service is asked to do; it passes the inbox, so it is done once. */
export type CommandType = RequestType<'command'>;

/** A question to one service; it changes nothing and does not wait behind events. */
export type QueryType = RequestType<'query'>;

/** What a service's durable queue may carry. */
export type MessageType = EventType | CommandType;

export type DataOf<M> = M extends { data: infer S extends z.ZodType } ? z.infer<S> : never;
export type ResultOf<M> = M extends { result: infer S extends z.ZodType } ? z.infer<S> : never;

export function defineEvent<Type extends string, Data extends z.ZodType>(
  type: Type,
  rest: {
    publisher: ServiceName;
    aggregate: Aggregate;
    consumers: readonly ServiceName[];
    summary: string;
    data: Data;
    internal?: readonly (keyof z.infer<Data> & string)[];
    example: z.infer<Data>;
    version?: number;
  },
): EventType<Type, Data> {
  const { version = 1, internal = [], ...others } = rest;
  return { kind: 'event', type, version, dataschema: dataSchemaOf(type, version), internal, ...others };
}

const defineRequest =
  <Kind extends 'command' | 'query'>(kind: Kind) =>
  <Type extends string, Data extends z.ZodType, Result extends z.ZodType>(
    type: Type,
    rest: {
      to: ServiceName;
      summary: string;
      data: Data;
      result: Result;
      operatorsOnly?: true;
      askedBy?: readonly ServiceName[];
      version?: number;
    },
  ): RequestType<Kind, Type, Data, Result> => {
    const { version = 1, ...others } = rest;
    return { kind, type, version, dataschema: dataSchemaOf(type, version), ...others };
  };

export const defineCommand = defineRequest('command');
export const defineQuery = defineRequest('query');
