import { type Fault, MESSAGES, nothingToHeal } from '../fault.js';

/** What was published is published again: a moment later or much later, in any order, to all or to one queue only. */
export const repeatMessages: Fault = {
  name: 'repeat-messages',
  targets: () => [MESSAGES],
  lasts: [0, 0],
  async inject({ repeater }, _, random) {
    const wanted = random.between(10, 150);
    const when = random.pick(['the latest', 'any'] as const);
    const order = random.pick(['as they came', 'backwards', 'shuffled'] as const);
    const way = random.pick(['the exchange', 'one queue each'] as const);
    const chosen = when === 'any' ? repeater.some(wanted, random) : repeater.latest(wanted);
    const ordered =
      order === 'shuffled' ? random.shuffled(chosen) : order === 'backwards' ? chosen.toReversed() : chosen;
    await repeater.repeat(ordered, way, random);
    return { detail: `${ordered.length}: ${when}, ${order}, to ${way}`, heal: nothingToHeal };
  },
};
