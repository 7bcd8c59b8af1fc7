/**
 * Which events a subscriber asks for: an exact type (`order.created`), a family (`order.*`) or everything (`*`). The
 * star stands only at the end and only for whole segments, so a person sees at once what matches. This file imports
 * nothing, because an edge function uses it as well.
 */
export type PatternCheck = { readonly kind: 'valid' } | { readonly kind: 'refused'; readonly reason: string };

const SEGMENT = '[a-z][A-Za-z0-9]*';
const PATTERN = new RegExp(`^(?:\\*|${SEGMENT}(?:\\.${SEGMENT})*(?:\\.\\*)?)$`);

/** Whether a subscriber with this pattern gets events of this type. */
export function matchesPattern(pattern: string, eventType: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? eventType.startsWith(pattern.slice(0, -1)) : eventType === pattern;
}

/** Whether any of the patterns matches. */
export function matchesAnyPattern(patterns: readonly string[], eventType: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, eventType));
}

/** Refuses a pattern that is malformed, or that no type of the catalogue can match. */
export function checkPattern(pattern: string, catalogue: readonly string[]): PatternCheck {
  if (!PATTERN.test(pattern)) {
    return {
      kind: 'refused',
      reason: `"${pattern}" is not an event type, a family such as "order.*", or "*"`,
    };
  }
  if (!catalogue.some((eventType) => matchesPattern(pattern, eventType))) {
    return { kind: 'refused', reason: `no event type matches "${pattern}"` };
  }
  return { kind: 'valid' };
}
