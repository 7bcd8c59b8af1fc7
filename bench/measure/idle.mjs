/**
 * P2: one order at a time, from just before the POST until it is seen confirmed.
 *
 * The tutorial and Comanda are asked over HTTP, again and again without a pause. The ceiling can't be asked:
 * its last hop, one further than the confirmation, tells the driver.
 *
 * @param {import('./subject.mjs').Subject} subject
 * @returns {Promise<number[]>} milliseconds per order
 */
export async function idleLatencies(subject, orders) {
  const latencies = [];
  for (let i = 0; i < orders; i += 1) {
    const start = performance.now();
    await subject.placeAndAwait();
    latencies.push(performance.now() - start);
  }
  return latencies;
}
