import { EVENTS, type EventType, OrderFulfilled } from '@comanda/contracts';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { named } from '../description/named.js';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';

const described = ({ type, version, summary, aggregate, data, internal, example }: EventType) => ({
  type,
  version,
  summary,
  subjectType: aggregate,
  schema: without(internal, z.toJSONSchema(data)),
  example,
});

const CATALOGUE = { items: EVENTS.map(described) };

/** The schema of what subscribers get. No internal field is required, so the list of required ones stays. */
function without(internal: readonly string[], { properties = {}, ...schema }: z.core.JSONSchema.JSONSchema) {
  const shown = Object.entries(properties).filter(([field]) => !internal.includes(field));
  return { ...schema, properties: Object.fromEntries(shown) };
}

const EventTypeDescription = named(
  'EventTypeDescription',
  z.object({
    type: z.string(),
    version: z.number().int(),
    summary: z.string(),
    subjectType: z.string().describe('What `subject` names and `sequence` counts the events of'),
    schema: z.record(z.string(), z.unknown()).describe('JSON Schema, draft 2020-12, of `data`'),
    example: z.unknown(),
  }),
  described(OrderFulfilled),
);
const Catalogue = named('EventTypeList', z.object({ items: z.array(EventTypeDescription) }), {
  items: [described(OrderFulfilled)],
});

/** What can be subscribed to. */
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
