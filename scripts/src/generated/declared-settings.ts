import { callbackSettings } from '@comanda/api-gateway';
import { providerSettings } from '@comanda/payments-service';
import { channelSettings } from '@comanda/webhook-publisher';
import { z } from 'zod';

/** What payment providers and channels declare: `settings` in their own files. The manifest has all other settings. */
const DECLARED: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  'api-gateway': callbackSettings,
  'payments-service': providerSettings,
  'webhook-publisher': channelSettings,
};

const Described = z.object({
  properties: z.record(z.string(), z.object({ description: z.string(), default: z.string().default('') })),
});

/** The settings that are declared in the folders of a service. */
export const declaredSettings = (service: string): string[] => Object.keys(DECLARED[service] ?? {});

/**
 * Lines of `.env.example` for them, with what they say of themselves.
 *
 * @throws ZodError when one does not say what it is for
 */
export function explained(service: string): string[] {
  const schema = z.toJSONSchema(z.object(DECLARED[service]), { io: 'input' });
  return Object.entries(Described.parse(schema).properties).flatMap(
    ([name, { description, default: standard }]) => [...comment(description), `# ${name}=${standard}`],
  );
}

/** In lines as long as those that are written by hand. */
const comment = (text: string): string[] =>
  text.match(/\S.{0,117}(?!\S)/g)?.map((line) => `# ${line.trim()}`) ?? [];
