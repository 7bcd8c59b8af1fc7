/** The message of whatever was thrown. JavaScript can throw anything, not only an `Error`. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
