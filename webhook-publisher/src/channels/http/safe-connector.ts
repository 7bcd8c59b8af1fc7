import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { rulesOver } from './address-rules.js';
import { type ResolverOptions, resolveSafely, UnsafeTargetError } from './resolve-safely.js';
import { checkAddress } from './safe-address.js';

export interface SafeAgents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

export interface SafeAgentOptions extends ResolverOptions {
  /** Whether connections are kept for the next request. */
  readonly keepAlive: boolean;
  /** Whom TLS trusts, in PEM; the usual authorities when it is left out. */
  readonly ca?: string;
}

/** How long an idle connection is kept: shorter than common receivers keep it, so that few are closed in our hands. */
const IDLE_MS = 4_000;

/**
 * The SSRF guard: agents that can reach safe addresses only, over plain http only listed ones. The check is part of
 * dialling: the agent resolves the name once, checks the answer, and dials the checked addresses. So no redirect, DNS
 * rebinding or odd spelling of an address gets past it.
 */
export function createSafeAgents({ keepAlive, ca, ...resolver }: SafeAgentOptions): SafeAgents {
  const options = { keepAlive, timeout: IDLE_MS };
  const trust = ca === undefined ? {} : { ca };
  return {
    http: guarded(new http.Agent(options), { ...resolver, rules: rulesOver('http:', resolver.rules) }),
    https: guarded(new https.Agent({ ...options, ...trust }), resolver),
  };
}

/** The same agent, dialling under the rules alone. */
function guarded<Agent extends http.Agent>(agent: Agent, resolver: ResolverOptions): Agent {
  const dial = agent.createConnection.bind(agent);
  const lookup = checkedLookup(resolver);
  agent.createConnection = (options, connected) => {
    const host = options.host ?? '';
    // Sockets don't call `lookup` for a literal address, so it is checked here.
    const check = isIP(host) === 0 ? undefined : checkAddress(host, resolver.rules);
    if (check?.kind !== 'unsafe') return dial({ ...options, lookup }, connected);
    const refusal = new UnsafeTargetError(resolver.rules.refusal, `${host}: ${check.reason}`);
    // Beside an error the agent takes no notice of the socket, but its type wants one.
    connected?.(refusal, new Socket());
    return undefined;
  };
  return agent;
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
