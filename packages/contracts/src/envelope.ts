import { z } from 'zod';
import { Id, TenantId, Word } from './ids.js';
import { Timestamp } from './timestamp.js';

/**
 * A message as it travels: CloudEvents 1.0 in structured JSON (content type `application/cloudevents+json`). So the
 * bytes on the wire, in the outbox and in a dead letter are the same and need nothing else to be understood.
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md and its extensions
 * (`sequence`, `traceparent` of Distributed Tracing, `expirytime`).
 */
export const Envelope = z.object({
  specversion: z.literal('1.0'),
  id: Id,
  type: Word.min(1).max(100),
  source: Word.min(1).max(100),
  time: Timestamp,
  /** The id of the aggregate that the message is about. */
  subject: Word.min(1).max(200),
  datacontenttype: z.literal('application/json'),
  dataschema: Word.min(1).max(200),
  tenantid: TenantId,
  /** The same id from the HTTP request to the last webhook. */
  correlationid: Word.min(1).max(128),
  /** The id of the message that caused this one; absent when an HTTP request did. */
  causationid: Id.optional(),
  /** Counts an aggregate's events from 1 without gaps; absent on commands and queries. */
  sequence: z.number().int().min(1).optional(),
  traceparent: Word.max(100).optional(),
  /** After this moment nobody waits for the answer, and the command or query is not carried out. */
  expirytime: Timestamp.optional(),
  data: z.unknown(),
});

export type Envelope = z.infer<typeof Envelope>;

/** An envelope whose `data` the schema of its type has parsed. */
export type Message<Data> = Omit<Envelope, 'data'> & { data: Data };

export const CONTENT_TYPE = 'application/cloudevents+json';
/**
 * Of a frame: several messages in one, as a JSON array.
 * Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#4-json-batch-format
 */
export const FRAME_CONTENT_TYPE = 'application/cloudevents-batch+json';

/** The URI that names a payload's version; a breaking change of the payload gets a new one. */
export const dataSchemaOf = (type: string, version: number): string =>
  `urn:comanda:schemas/${type}/v${version}`;
