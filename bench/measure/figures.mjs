/** The value below which the share `q` of all values lies; undefined when there are none. */
export function quantile(values, q) {
  const sorted = Float64Array.from(values).sort();
  return sorted.length === 0 ? undefined : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

/** p50 and p99 of latencies in milliseconds. */
export const latencyFigures = (milliseconds) => ({
  p50: rounded(quantile(milliseconds, 0.5)),
  p99: rounded(quantile(milliseconds, 0.99)),
  samples: milliseconds.length,
});

/** To two decimals. */
export const hundredths = (value) => Math.round(value * 100) / 100;

/** To one decimal. */
export const rounded = (value) => (value === undefined ? undefined : Math.round(value * 10) / 10);
