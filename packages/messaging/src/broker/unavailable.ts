/** Nobody could do what was asked: the service or the broker is away, or it took too long. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  constructor(
    readonly reason: 'broker' | 'service' | 'timeout',
    detail: string,
  ) {
    super(detail);
  }
}
