import { PROBLEM_MEANINGS } from '@comanda/api-gateway';
import { isFinal } from '@comanda/contracts';
import { z } from 'zod';

const Answers = z.object({
  components: z.object({
    responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.unknown()).optional() })),
  }),
});
/** How the document says which codes an answer of some status may have. */
const Problem = z.object({
  schema: z.object({
    allOf: z.tuple([
      z.unknown(),
      z.object({
        properties: z.object({
          status: z.object({ const: z.number() }),
          code: z.object({ enum: z.array(z.string()) }),
        }),
      }),
    ]),
  }),
});

/** Every code that a problem can have, for docs/api.md. */
export function problemTable(openApiDocument: string): readonly string[] {
  const { responses } = Answers.parse(JSON.parse(openApiDocument)).components;
  const answers = Object.values(responses).flatMap(({ content }) => {
    const [, { properties }] = Problem.parse(content?.['application/problem+json']).schema.allOf;
    return properties.code.enum.map((code) => ({ code, status: properties.status.const }));
  });
  return [
    '| code | status | what it says | the same request again |',
    '|---|---|---|---|',
    ...Object.entries(PROBLEM_MEANINGS).map(([code, meaning]) => {
      const statuses = answers.filter((answer) => answer.code === code).map(({ status }) => status);
      const distinct = [...new Set(statuses)].toSorted((one, other) => one - other);
      return `| \`${code}\` | ${distinct.join(', ')} | ${meaning} | ${isFinal(code) ? 'in vain' : 'may help later'} |`;
    }),
  ];
}
