import type { ChannelName } from '@comanda/contracts';
import * as all from './all.js';
import type { Channel, ChannelDependencies, SettingsOf } from './channel.js';
import { missing } from './define-channel.js';

/** Every channel there is: the compiler compares their names with those of the API, `ChannelName` in packages/contracts. */
const CHANNELS = Object.freeze({ ...all }) satisfies Record<ChannelName, object>;

export type Channels = Readonly<Record<ChannelName, Channel>>;

type Merged<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

const merged = <Shape extends object>(shapes: readonly Shape[]): Merged<Shape> =>
  Object.assign({}, ...shapes);

/** The environment variables of all channels. */
export const channelSettings = merged(Object.values(CHANNELS).map(({ settings }) => settings));

type ChannelSettings = SettingsOf<typeof channelSettings>;

/** The settings that are missing beside others of the same channel. A channel that has none of them is not wanted. */
export const missingSettings = (settings: Partial<ChannelSettings>) =>
  Object.values(CHANNELS).flatMap(({ needs }) => {
    const absent = missing(needs, settings);
    const present = needs.filter((name) => !absent.includes(name));
    return present.length === 0 ? [] : absent.map((name) => ({ name, present }));
  });

export const openChannels = (settings: ChannelSettings, dependencies: ChannelDependencies): Channels =>
  mapped(CHANNELS, ({ open }) => open(settings, dependencies));

const mapped = <Name extends string, From, To>(
  record: Readonly<Record<Name, From>>,
  to: (from: From) => To,
): Record<Name, To> =>
  Object.fromEntries(Object.entries<From>(record).map(([name, from]) => [name, to(from)])) as Record<
    Name,
    To
  >;
