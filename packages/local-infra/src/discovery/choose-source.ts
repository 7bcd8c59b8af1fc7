/** Where a server that Comanda needs comes from, in the order in which they are tried. */
export const SOURCES = ['configured', 'listening', 'docker', 'binaries', 'apt'] as const;

export type Source = (typeof SOURCES)[number];

/** A probe for each source. A probe runs only when every source before it was of no use. */
export interface SourceProbes {
  /** A configured URL is used, or it is an error: nothing else is tried behind the user's back. */
  readonly configured: () => boolean;
  /** A server of the right kind answers on the default port of this machine. */
  readonly listening: () => Promise<boolean>;
  /** A Docker engine answers. */
  readonly docker: () => Promise<boolean>;
  /** The server's program is installed. */
  readonly binaries: () => boolean;
  /** The program can be installed. */
  readonly apt: () => boolean;
}

/** The first source that can be used and is not among those `ruledOut`; undefined when there is none. */
export async function chooseSource(
  probes: SourceProbes,
  ruledOut: ReadonlySet<Source> = new Set(),
): Promise<Source | undefined> {
  for (const source of SOURCES) {
    if (!ruledOut.has(source) && (await probes[source]())) return source;
  }
  return undefined;
}
