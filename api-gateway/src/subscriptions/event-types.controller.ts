import { type EventType, OrderFulfilled, SENT_EVENTS, sentSchemaOf, WebhookTest } from '@comanda/contracts';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { named } from '../description/named.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';

const described = (event: EventType) => ({
  type: event.type,
  version: event.version,
  summary: event.summary,
  subjectType: event.aggregate,
  subscribable: event !== WebhookTest,
  schema: sentSchemaOf(event),
  example: event.example,
});

const CATALOGUE = { items: SENT_EVENTS.map(described) };

const EventTypeDescription = named(
  'EventTypeDescription',
  z.object({
    type: z.string(),
    version: z.number().int(),
    summary: z.string(),
    subjectType: z.string().describe('What `subject` names and `sequence` counts the events of'),
    subscribable: z.boolean().describe('Whether `eventTypes` may name it; what is tested comes unasked'),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema, draft 2020-12, of `data`'),
    example: z.unknown(),
  }),
  described(OrderFulfilled),
);
const Catalogue = named('EventTypeList', z.object({ items: z.array(EventTypeDescription) }), {
  items: [described(OrderFulfilled)],
});

/** What subscribers get. */
@ApiTags('webhooks')
@Controller(`${API}/event-types`)
export class EventTypesController {
  @Get()
  @Operation({
    id: 'listEventTypes',
    summary: 'Every event with its schema and an example',
    access: 'staff',
    scope: 'webhooks:manage',
    result: Catalogue,
  })
  list() {
    return CATALOGUE;
  }
}
