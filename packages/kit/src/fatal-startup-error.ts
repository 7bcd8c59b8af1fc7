/** The service can't run like this, and says in one line what to change; trying again would not help. */
export class FatalStartupError extends Error {
  override readonly name = 'FatalStartupError';
}
