import { EVENTS } from '@comanda/contracts';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { API } from '../routes/api.js';
import { Operation } from '../routes/operation.js';

const CATALOGUE = {
  items: EVENTS.map(({ type, version, summary, data, example }) => ({
    type,
    version,
    summary,
    schema: z.toJSONSchema(data),
    example,
  })),
};

const Catalogue = z.object({
  items: z.array(
    z.object({
      type: z.string(),
      version: z.number().int(),
      summary: z.string(),
      schema: z.record(z.string(), z.unknown()).describe('JSON Schema, draft 2020-12, of `data`'),
      example: z.unknown(),
    }),
  ),
});

/** What can be subscribed to. */
@ApiTags('webhooks')
@Controller(`${API}/event-types`)
export class EventTypesController {
  @Get()
  @Operation({ summary: 'Every event with its schema and an example', access: 'staff', result: Catalogue })
  list() {
    return CATALOGUE;
  }
}
