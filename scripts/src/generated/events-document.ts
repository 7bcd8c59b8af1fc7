import {
  COMMANDS,
  type CommandType,
  EVENTS,
  type EventType,
  QUERIES,
  type QueryType,
} from '@comanda/contracts';
import { z } from 'zod';
import { anchor, fieldsOf } from './schema-tables.js';

const INTRODUCTION = `# Messages

Generated from \`packages/contracts\` by \`npm run docs\`; change the contracts, not this file.

A message is a CloudEvent 1.0 in structured JSON (\`application/cloudevents+json\`): the envelope and \`data\` are the
body, and the AMQP properties \`message-id\` and \`type\` repeat what tools look for. Events and commands go through the
durable topic exchange \`comanda.events\` with their type as routing key, into the quorum queue of each service that
reacts to them. Queries go straight to an instance (\`<service>_queries.<id>\`), so a reader never waits behind a backlog. Answers come
back on RabbitMQ's direct reply-to.

\`subject\` is the id of what an event is about, and \`sequence\` is the number of the event among those of this subject: from
1, without gaps, each number once. Three things are counted apart while one order runs: the order itself (\`subject\` is the
order's id), its reservation (the reservation's id) and its payment (the payment's id). So compare numbers of the same
\`subject\` only. Commands and queries have no \`sequence\`. A webhook's body repeats both, and says in \`subjectType\` what the
subject is: \`order\`, \`reservation\`, \`payment\`, \`product\` or \`subscription\`; bodies that were stored before it was said
lack \`subject\` and \`subjectType\`.

An amount is a whole number of minor units of the \`currency\` beside it (ISO 4217: cents for EUR, yen for JPY, fils for
KWD); messages of earlier builds may lack a currency that the tables below call optional.

A consumer ignores fields that it does not know. A change that breaks readers is a new version of \`dataschema\`.
`;

/** `docs/events.md`: every message there is, from its schema. */
export function eventsDocument(): string {
  return [
    INTRODUCTION,
    '## Events\n',
    '| type | told by | who reacts | what it says |\n|---|---|---|---|',
    ...EVENTS.map(
      ({ type, publisher, consumers, summary }) =>
        `| [\`${type}\`](#${anchor(type)}) | ${publisher} | ${consumers.join(', ')} | ${summary} |`,
    ),
    '',
    ...EVENTS.map(eventSection),
    '## Commands\n',
    'They pass the inbox of the service that they are for, so each is carried out once.\n',
    ...COMMANDS.map(requestSection),
    '## Queries\n',
    ...QUERIES.map(requestSection),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function eventSection(event: EventType): string {
  return [
    `### ${event.type}\n`,
    `${event.summary} \`${event.dataschema}\`\n`,
    `About one ${event.aggregate}: \`sequence\` counts its events.\n`,
    fieldsOf(z.toJSONSchema(event.data, { io: 'input' })),
    ...(event.internal.length === 0
      ? []
      : [`\nNot sent to subscribers: ${event.internal.map((field) => `\`${field}\``).join(', ')}.`]),
    `\n\`\`\`json\n${JSON.stringify(event.example, null, 2)}\n\`\`\`\n`,
  ].join('\n');
}

function requestSection(request: CommandType | QueryType): string {
  return [
    `### ${request.type}\n`,
    `To ${request.to}. ${request.summary}\n`,
    fieldsOf(z.toJSONSchema(request.data, { io: 'input' })),
    '',
  ].join('\n');
}
