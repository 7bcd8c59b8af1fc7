/** What an operator asked for is not possible; the message says why, and what to do. Nothing was changed. */
export class Refused extends Error {
  override readonly name = 'Refused';
}
