/** The service can't run like this, and says in one line what to change; trying again would not help. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
