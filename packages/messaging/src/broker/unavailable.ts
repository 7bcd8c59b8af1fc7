/** The request was not carried out: the service or the broker is unavailable, or it took too long. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  constructor(
    readonly reason: 'broker' | 'service' | 'timeout',
    detail: string,
  ) {
    super(detail);
  }
}
