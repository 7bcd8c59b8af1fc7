import type { z } from 'zod';
import { dataSchemaOf } from './envelope.js';
import type { ServiceName } from './services.js';

/** What the `sequence` of an event counts: the events of one order, of its reservation, of its payment ... */
export type Aggregate = 'order' | 'reservation' | 'payment' | 'product' | 'subscription';

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
  /** Who handles it. Their queues are bound before anybody publishes it, whoever starts first. */
  readonly consumers: readonly ServiceName[];
  /** An example of `data`, for documentation and for the tests of subscribers. */
  readonly example: z.infer<Data>;
}

/** Something that one service is asked to do; it passes the inbox, so it is done once. */
export interface CommandType<
  Type extends string = string,
  Data extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> extends Definition<Type, Data> {
  readonly kind: 'command';
  readonly to: ServiceName;
  readonly result: Result;
}

/** A question to one service; it changes nothing and does not wait behind events. */
export interface QueryType<
  Type extends string = string,
  Data extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> extends Definition<Type, Data> {
  readonly kind: 'query';
  readonly to: ServiceName;
  readonly result: Result;
}

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
    example: z.infer<Data>;
    version?: number;
  },
): EventType<Type, Data> {
  const { version = 1, ...others } = rest;
  return { kind: 'event', type, version, dataschema: dataSchemaOf(type, version), ...others };
}

export function defineCommand<Type extends string, Data extends z.ZodType, Result extends z.ZodType>(
  type: Type,
  rest: { to: ServiceName; summary: string; data: Data; result: Result; version?: number },
): CommandType<Type, Data, Result> {
  const { version = 1, ...others } = rest;
  return { kind: 'command', type, version, dataschema: dataSchemaOf(type, version), ...others };
}

export function defineQuery<Type extends string, Data extends z.ZodType, Result extends z.ZodType>(
  type: Type,
  rest: { to: ServiceName; summary: string; data: Data; result: Result; version?: number },
): QueryType<Type, Data, Result> {
  const { version = 1, ...others } = rest;
  return { kind: 'query', type, version, dataschema: dataSchemaOf(type, version), ...others };
}
