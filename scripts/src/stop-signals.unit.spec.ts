import { afterEach, describe, expect, it } from '@jest/globals';
import { listenForStop } from './stop-signals.js';

describe('the wish to stop', () => {
  let clock = 0;
  let forced = 0;

  const listen = () =>
    listenForStop(
      () => {
        forced += 1;
      },
      () => clock,
    );

  afterEach(() => {
    for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.removeAllListeners(event);
    clock = 0;
    forced = 0;
  });

  it('is one, though a terminal and npm both pass on the same Ctrl-C', async () => {
    const stop = listen();
    expect(stop.received).toBe(false);
    process.emit('SIGINT');
    clock = 300;
    process.emit('SIGINT');
    expect(await stop.first).toBe('SIGINT');
    expect(stop.received).toBe(true);
    expect(forced).toBe(0);
  });

  it('is urgent when it comes again later', () => {
    listen();
    process.emit('SIGTERM');
    clock = 1_500;
    process.emit('SIGINT');
    expect(forced).toBe(1);
  });
});
