/** What a call returned, or what it threw, as a value. */
export type Result<T> =
  | { readonly kind: 'returned'; readonly value: T }
  | { readonly kind: 'threw'; readonly error: unknown };

export function resultOf<T>(call: () => T): Result<T> {
  try {
    return { kind: 'returned', value: call() };
  } catch (error) {
    return { kind: 'threw', error };
  }
}
