/**
 * The brokers of a `RABBITMQ_URL`, which names one, or several nodes of one with commas between. Where a URL of a broker is
 * handed on, it may be such a list.
 */
export const brokersIn = (urls: string): readonly string[] => urls.split(',').map((url) => url.trim());
