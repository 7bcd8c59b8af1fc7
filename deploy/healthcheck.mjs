// Exit code 0 when the service in this container is ready, 1 otherwise.
const url = `http://127.0.0.1:${process.env.HEALTH_PORT}/health/ready`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 500)}`);
} catch (error) {
  // Shown by `docker inspect`.
  console.error(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
