const CODES = new Set<unknown>(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT']);

/**
 * Whether an error says that nobody listens at an address, or that who listens is not ready: a server that may just be
 * starting. One that has answered and refuses us is none.
 */
export const isNotUpYet = (error: Error): boolean => 'code' in error && CODES.has(error.code);
