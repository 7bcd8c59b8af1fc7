/** The message of whatever was thrown: most of it is an `Error`, but JavaScript throws anything. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
