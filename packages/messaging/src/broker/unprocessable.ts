/** A message that can never be handled as it is: it goes to the dead letters at once. */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
}
