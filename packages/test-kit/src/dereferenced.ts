/** A document with what its references lead to in their place. None of ours leads to itself. */
export function dereferenced<Document extends object>(document: Document): Document {
  const at = (reference: string): unknown =>
    reference
      .slice('#/'.length)
      .split('/')
      .reduce<unknown>(
        (found, key) =>
          isRecord(found) ? found[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined,
        document,
      );
  const whole = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(whole);
    if (!isRecord(value)) return value;
    const { $ref, ...rest } = value;
    const own = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, whole(inner)]));
    if (typeof $ref !== 'string') return own;
    const found = whole(at($ref));
    if (!isRecord(found)) throw new Error(`${$ref} leads nowhere`);
    return { ...found, ...own };
  };
  return whole(document) as Document;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
