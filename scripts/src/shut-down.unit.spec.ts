import { describe, expect, it } from '@jest/globals';
import { createShutDown } from './shut-down.js';

describe('shutting down', () => {
  it('ends what takes in work first and what all stand on last, whatever the order of starting', async () => {
    const ended: string[] = [];
    const end = (what: string) => async (): Promise<void> => void ended.push(what);
    const shutDown = createShutDown();
    shutDown.endLast('broker', end('broker'));
    shutDown.endNext('receivers', end('receivers'));
    shutDown.endFirst('services', end('services'));
    expect(await shutDown.run()).toBe(true);
    expect(ended).toEqual(['services', 'receivers', 'broker']);
  });

  it('ends the rest when a part refuses, and tells that it was not clean', async () => {
    const ended: string[] = [];
    const shutDown = createShutDown();
    shutDown.endFirst('services', () => Promise.reject(new Error('stuck')));
    shutDown.endLast('broker', async () => void ended.push('broker'));
    expect(await shutDown.run()).toBe(false);
    expect(ended).toEqual(['broker']);
  });
});
