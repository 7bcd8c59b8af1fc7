import { BROKER, serverFault } from '../fault.js';

/** RabbitMQ's own defaults. */
const USUAL_WATERMARK = '0.4';
const LOWEST_WATERMARK = '0.00001';

/** A memory alarm: the broker takes no messages from anybody until it is over. */
export const blockTheBroker = serverFault(BROKER, {
  name: 'block-the-broker',
  lasts: [2_000, 8_000],
  harm: ({ rabbit }) => rabbit.ctl('set_vm_memory_high_watermark', LOWEST_WATERMARK),
  heal: ({ rabbit }) => rabbit.ctl('set_vm_memory_high_watermark', USUAL_WATERMARK),
});
