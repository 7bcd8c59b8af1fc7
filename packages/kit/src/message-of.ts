/** The message of whatever was thrown: most of it is an `Error`, but JavaScript throws anything. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whatever was thrown, as an `Error`. */
export const errorOf = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
