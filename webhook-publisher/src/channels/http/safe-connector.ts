import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { rulesOver } from './address-rules.js';
import { type ResolverOptions, resolveSafely } from './resolve-safely.js';

export interface SafeConnectorOptions extends ResolverOptions {
  /** The time limit from the DNS query to the finished TCP or TLS handshake, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/**
 * The SSRF guard: an undici agent that can reach safe addresses only, over plain http only listed ones. The check is part of dialling: the agent resolves
 * the name once, checks the answer, and dials the checked addresses. So no redirect, DNS rebinding or odd spelling of
 * an address gets past it.
 */
export function createSafeAgent(options: SafeConnectorOptions): Agent {
  return new Agent({
    connect: safeConnector(options),
    // One request per connection, so that no other request suffers when we stop reading an answer.
    allowH2: false,
    pipelining: 1,
  });
}

function safeConnector(options: SafeConnectorOptions): buildConnector.connector {
  const dialers = new Map<string, buildConnector.connector>();
  return (target, callback) => {
    const { protocol } = target;
    const dial = dialers.get(protocol) ?? dialer({ ...options, rules: rulesOver(protocol, options.rules) });
    dialers.set(protocol, dial);
    dial(target, callback);
  };
}

/** Dials under the rules of one scheme. */
function dialer(options: SafeConnectorOptions): buildConnector.connector {
  const dial = buildConnector({
    timeout: options.connectTimeoutMs,
    allowH2: false,
    lookup: checkedLookup(options),
  });
  return (target, callback) => {
    // Sockets don't call `lookup` for a literal address, so it is checked here.
    if (isIP(target.hostname) === 0) {
      dial(target, callback);
      return;
    }
    resolveSafely(target.hostname, options, (resolution) => {
      if (resolution.kind === 'safe') dial(target, callback);
      else callback(resolution.error, null);
    });
  };
}

/** The `lookup` of `net.connect`: the socket dials exactly what it answers. */
function checkedLookup(options: ResolverOptions): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    resolveSafely(hostname, options, (resolution) => {
      if (resolution.kind !== 'safe') {
        callback(resolution.error, []);
        return;
      }
      const [first] = resolution.addresses;
      if (lookupOptions.all === true) callback(null, [...resolution.addresses]);
      else callback(null, first.address, first.family);
    });
  };
}
