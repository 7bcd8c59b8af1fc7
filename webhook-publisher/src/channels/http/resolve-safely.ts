import { lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import type { AddressRules } from './address-rules.js';
import { checkAddress } from './safe-address.js';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** The shape of `dns.lookup` with `all: true`; tests bring their own resolver. */
export type LookupAll = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: ResolvedAddress[]) => void,
) => void;

/** The host is an address that we must not reach (SSRF), or resolves to such addresses only. */
export class UnsafeTargetError extends Error {
  override readonly name = 'UnsafeTargetError';

  /**
   * @param refusal may be shown to the one who named the target
   * @param reason for the log alone: where an inner name leads is nobody's business outside
   */
  constructor(
    refusal: string,
    readonly reason: string,
  ) {
    super(refusal);
  }
}

export type Resolution =
  | { readonly kind: 'safe'; readonly addresses: readonly [ResolvedAddress, ...ResolvedAddress[]] }
  | { readonly kind: 'unsafe'; readonly error: UnsafeTargetError }
  | { readonly kind: 'unresolved'; readonly error: Error };

export interface ResolverOptions {
  readonly rules: AddressRules;
  readonly lookup?: LookupAll;
}

/**
 * Resolves a host name (or takes a literal address, without brackets) to those of its addresses that are safe. An
 * unsafe address beside a safe one is dropped and is no error, because a network with DNS64 adds translated addresses
 * to every name. Dropping it is enough: the connector dials only what this function returns.
 */
export function resolveSafely(
  host: string,
  options: ResolverOptions,
  done: (result: Resolution) => void,
): void {
  const family = isIP(host);
  if (family !== 0) {
    done(keepSafe(host, [{ address: host, family }], options));
    return;
  }
  const lookup = options.lookup ?? systemLookup;
  lookup(host, { all: true }, (error, addresses) => {
    done(error ? { kind: 'unresolved', error } : keepSafe(host, addresses, options));
  });
}

function keepSafe(host: string, addresses: readonly ResolvedAddress[], options: ResolverOptions): Resolution {
  const checked = addresses.map((candidate) => ({
    candidate,
    check: checkAddress(candidate.address, options.rules),
  }));
  const [first, ...others] = checked
    .filter(({ check }) => check.kind === 'safe')
    .map(({ candidate }) => candidate);
  if (first !== undefined) return { kind: 'safe', addresses: [first, ...others] };
  const reasons = new Set(checked.flatMap(({ check }) => (check.kind === 'unsafe' ? [check.reason] : [])));
  if (reasons.size > 0) {
    const reason = `${host}: ${[...reasons].join(', ')}`;
    return { kind: 'unsafe', error: new UnsafeTargetError(options.rules.refusal, reason) };
  }
  return {
    kind: 'unresolved',
    error: Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }),
  };
}
