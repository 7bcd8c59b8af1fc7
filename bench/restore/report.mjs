/** The figures of `measureRestore` as text. */
export function restoreReport({ options, figures }) {
  const { growth, ...kinds } = figures;
  return [
    `${growth.rows} rows of ${options.orders} orders, ${megabytes(growth.bytes)} in SQLite files, written in ${growth.seconds} s`,
    ...Object.entries(kinds).map(
      ([kind, { bytes, backupSeconds, restoreSeconds, readySeconds }]) =>
        `    ${kind}: backup ${backupSeconds} s (${megabytes(bytes)}), restore ${restoreSeconds} s, all services started and stopped ${readySeconds} s`,
    ),
    '',
  ].join('\n');
}

const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
