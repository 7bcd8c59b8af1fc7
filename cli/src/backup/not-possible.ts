/** Why a backup can't be made or restored, in a line for people. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}
