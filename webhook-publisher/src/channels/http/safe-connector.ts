import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { type ResolverOptions, resolveSafely } from './resolve-safely.js';

export interface SafeConnectorOptions extends ResolverOptions {
  /** From the DNS question to the finished TCP or TLS handshake, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/**
 * The SSRF guard: an undici agent that can only reach safe addresses. The check is part of dialling: the agent resolves
 * the name once, checks the answer, and dials the checked addresses themselves. So no redirect, DNS rebinding or odd
 * spelling of an address goes round it, whoever uses the agent.
 */
export function createSafeAgent(options: SafeConnectorOptions): Agent {
  return new Agent({
    connect: safeConnector(options),
    // One request per connection: when we stop reading an answer, no other request suffers.
    allowH2: false,
    pipelining: 1,
  });
}

function safeConnector(options: SafeConnectorOptions): buildConnector.connector {
  const dial = buildConnector({
    timeout: options.connectTimeoutMs,
    allowH2: false,
    lookup: checkedLookup(options),
  });
  return (target, callback) => {
    // Sockets don't call `lookup` for a literal address, so that is checked here.
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

/** The `lookup` of `net.connect`: what it answers is what is dialled. */
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
