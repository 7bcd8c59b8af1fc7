/** What a call gave, or what it threw, as a value. */
export type Result<T> = { ok: true; value: T } | { ok: false; error: unknown };

export function resultOf<T>(decide: () => T): Result<T> {
  try {
    return { ok: true, value: decide() };
  } catch (error) {
    return { ok: false, error };
  }
}
