import { describe, expect, it } from '@jest/globals';
import { chooseSource, SOURCES, type Source, type SourceProbes } from './choose-source.js';

/** Probes that hold for these sources, and the list of what was asked. */
function machineWith(...available: Source[]): { probes: SourceProbes; asked: Source[] } {
  const asked: Source[] = [];
  const ask = (source: Source): boolean => {
    asked.push(source);
    return available.includes(source);
  };
  const probes: SourceProbes = {
    configured: () => ask('configured'),
    listening: async () => ask('listening'),
    docker: async () => ask('docker'),
    binaries: () => ask('binaries'),
    apt: () => ask('apt'),
  };
  return { probes, asked };
}

describe('where a server is taken from', () => {
  it.each(SOURCES.map((source, index) => ({ source, available: SOURCES.slice(index) })))(
    '$source, when all before it are missing',
    async ({ source, available }) => {
      expect(await chooseSource(machineWith(...available).probes)).toBe(source);
    },
  );

  it('asks no further than it must', async () => {
    const { probes, asked } = machineWith('listening', 'docker');
    await chooseSource(probes);
    expect(asked).toEqual(['configured', 'listening']);
  });

  it('passes over what was ruled out, without asking for it', async () => {
    const { probes, asked } = machineWith('listening', 'docker', 'binaries');
    expect(await chooseSource(probes, new Set<Source>(['listening', 'docker']))).toBe('binaries');
    expect(asked).toEqual(['configured', 'binaries']);
  });

  it('is nowhere on a bare machine', async () => {
    expect(await chooseSource(machineWith().probes)).toBeUndefined();
  });
});
