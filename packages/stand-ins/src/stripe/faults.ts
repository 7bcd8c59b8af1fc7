export type StripeCall =
  | 'open'
  | 'confirm'
  | 'cancel'
  | 'retrieve'
  | 'refund'
  | 'list-refunds'
  | 'list-disputes'
  | 'retrieve-charge';

/** What goes wrong with a call. */
export type StripeFault =
  /** It is done, and then the connection breaks. */
  | 'drop'
  /** The connection breaks and nothing is done. */
  | 'lose'
  /** It is done, and nobody answers. */
  | 'hang'
  /** It is done only when the test ends the fault; until then nobody answers, and its key is in use. */
  | 'stuck'
  /** It is done, and the answer is 500. */
  | 'fail-after'
  /** The answer is 500, and nothing is done. */
  | 'fail'
  /** 429, and nothing is done. */
  | 'busy'
  /** The answer comes twice on the same connection. */
  | 'twice';

interface Planned {
  readonly call: StripeCall | 'any';
  readonly fault: StripeFault;
  times: number;
}

/** What is to go wrong next. */
export class Faults {
  #planned: Planned[] = [];

  plan(call: StripeCall | 'any', fault: StripeFault, times: number): void {
    this.#planned.push({ call, fault, times });
  }

  clear(): void {
    this.#planned = [];
  }

  next(call: StripeCall): StripeFault | undefined {
    const planned = this.#planned.find((one) => one.times > 0 && (one.call === call || one.call === 'any'));
    if (!planned) return undefined;
    planned.times -= 1;
    return planned.fault;
  }
}
