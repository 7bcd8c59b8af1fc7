import { NO_TENANT, TenantId, Timestamp } from '@comanda/contracts';
import { z } from 'zod';

/** What a body says about itself, as far as it says it well. */
const Readable = z
  .object({
    type: z.string().optional().catch(undefined),
    source: z.string().optional().catch(undefined),
    tenantid: TenantId.catch(NO_TENANT),
    correlationid: z.string().optional().catch(undefined),
    expirytime: Timestamp.optional().catch(undefined),
  })
  .catch({ tenantid: NO_TENANT });

export type Content = z.infer<typeof Readable> & { readonly body?: unknown; readonly bodyBase64?: string };

/** A body read once; what does not say whose it is may be anybody's, and belongs to no tenant. */
export function contentOf(body: Buffer): Content {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const parsed: unknown = JSON.parse(text);
    return { ...Readable.parse(parsed), body: parsed };
  } catch {
    return { tenantid: NO_TENANT, bodyBase64: body.toString('base64') };
  }
}
