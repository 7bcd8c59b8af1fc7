import { type EventType, SENT_EVENTS, sentSchemaOf } from '@comanda/contracts';
import { webhookBody } from '@comanda/webhook-publisher';
import { z } from 'zod';
import { anchor, fieldsOf } from './schema-tables.js';

const INTRODUCTION = `# Webhook events

Generated from \`packages/contracts\` by \`npm run docs\`; change the contracts, not this file.

All that can be subscribed to, by its type or by a pattern (\`order.*\`, \`*\`), and \`webhook.test\`, which comes unasked. Each example is a body exactly as it is sent:
one line, these fields in this order. How to verify, answer and order them: [webhooks.md](webhooks.md). The same as JSON:
\`GET /api/v1/event-types\`.

| field | what it is |
|---|---|
| \`id\` | the event, the same at every attempt and in the header \`webhook-id\`: deduplicate by it |
| \`type\` | one of those below |
| \`timestamp\` | when it happened, RFC 3339 in UTC; the header \`webhook-timestamp\` is when this attempt was made |
| \`tenantId\` | whose event it is |
| \`subject\`, \`subjectType\` | what it is about: the id of an order, its reservation, its payment, a product, a subscription, or a test |
| \`sequence\` | its number among the events of this subject, from 1 without gaps |
| \`correlationId\` | the \`X-Correlation-Id\` of the request that set it off |
| \`apiVersion\` | \`v1\`: the shape of this frame |
| \`data\` | what its type says |

An amount is a whole number of minor units of the \`currency\` beside it. Ignore fields that you don't know: new ones come without
a new version. Bodies that were stored by earlier builds may lack \`subject\`, \`subjectType\` and \`correlationId\`.
`;

/** `docs/webhook-events.md`: every event as subscribers get it. */
export function webhookEventsDocument(): string {
  return [
    INTRODUCTION,
    '| type | about one | what it says |\n|---|---|---|',
    ...SENT_EVENTS.map(
      ({ type, aggregate, summary }) => `| [\`${type}\`](#${anchor(type)}) | ${aggregate} | ${summary} |`,
    ),
    '',
    SENT_EVENTS.map(section).join('\n\n'),
    '',
  ].join('\n');
}

function section(event: EventType): string {
  const schema = sentSchemaOf(event);
  return [
    `## ${event.type}\n`,
    `${event.summary}\n`,
    `${fieldsOf(schema)}\n`,
    `\`\`\`json\n${exampleBody(event)}\n\`\`\`\n`,
    '<details><summary>JSON Schema of <code>data</code></summary>\n',
    `\`\`\`json\n${JSON.stringify(schema, null, 2)}\n\`\`\`\n`,
    '</details>',
  ].join('\n');
}

const Example = z.record(z.string(), z.unknown());
/** Some events about a reservation name it in their frame alone. */
const Subject = z.string().default('0192d1a4-7c90-7b21-b0aa-71c2d3e4f003');

/** The example of an event in the frame in which it is sent. */
function exampleBody({ type, aggregate, example, internal }: EventType): string {
  const data = Example.parse(example);
  return webhookBody(
    {
      id: '0192d1a4-9000-7000-8000-00000000e001',
      type,
      time: '2026-01-01T12:00:00.000Z',
      tenantId: 'default',
      subject: Subject.parse(data[`${aggregate}Id`]),
      subjectType: aggregate,
      sequence: 1,
      correlationId: '3f1f2a0c8d5e4b6f',
      data,
    },
    internal,
  );
}
