/** The frame of a child process: says `ready`, and stops in order on SIGTERM. */
export async function runMain<Options>(
  start: (options: Options) => Promise<() => Promise<void>>,
): Promise<void> {
  const stop = await start(JSON.parse(process.argv[2] ?? '{}') as Options);
  process.on('SIGTERM', () => {
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  // A listener for signals keeps no process alive; one that ends by itself may meet the signal on its way out.
  setInterval(() => {}, 60_000);
  process.stdout.write('ready\n');
}
