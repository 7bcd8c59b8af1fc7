import { type Language, moneyText, NO_CURRENCY, type OrderStatus, type OrderView } from '@comanda/contracts';
import { isLow, type StockLine } from '../../domain/stock-shown.js';
import { bold, code, type Line, line } from './line.js';
import type { Localised, Message } from './message.js';

/** So many lines of an order have room beside its steps. */
const MOST_ITEMS = 20;

const STATUS: Readonly<Record<OrderStatus, Localised<string>>> = {
  PENDING: { en: 'pending', es: 'pendiente' },
  AWAITING_PAYMENT: { en: 'waits for the payment', es: 'espera el pago' },
  CONFIRMED: { en: 'confirmed', es: 'confirmado' },
  REJECTED: { en: 'rejected', es: 'rechazado' },
  CANCELLED: { en: 'cancelled', es: 'cancelado' },
  FULFILLED: { en: 'fulfilled', es: 'entregado' },
};

const WORDS = {
  en: {
    order: 'Order',
    status: 'Status',
    total: 'Total',
    refunded: 'Refunded',
    stock: 'Stock',
    none: 'There is no such product.',
    unknown: 'There is no such order.',
    noOrder: 'Say which order: /order and its id.',
    unavailable: 'This cannot be answered at the moment. Try again shortly.',
    commands: 'Commands',
    help: [
      '/order <id>: an order',
      '/stock [SKU or name]: what is in stock',
      '/mute [minutes]: tell nothing for a while, 60 minutes when you say none; then all at once',
      '/unmute: tell it now',
    ],
    muted: (until: string) =>
      line`Until ${until}. What happens until then is told after that. /unmute ends it.`,
    unmuted: 'This chat is not muted any more. What waited is told now.',
    noTime: 'Say for how many minutes, from 1 to 10080 (a week): /mute 60.',
    mute: 'Mute',
    more: (left: number) => line`… and ${left} more`,
    unregistered: (chat: string) => line`This chat is not registered. Its id is ${code(chat)}.`,
  },
  es: {
    order: 'Pedido',
    status: 'Estado',
    total: 'Total',
    refunded: 'Reembolsado',
    stock: 'Existencias',
    none: 'No hay ningún producto así.',
    unknown: 'No hay ningún pedido así.',
    noOrder: 'Diga qué pedido: /order y su id.',
    unavailable: 'Ahora no se puede responder. Inténtelo de nuevo en un momento.',
    commands: 'Comandos',
    help: [
      '/order <id>: un pedido',
      '/stock [SKU o nombre]: las existencias',
      '/mute [minutos]: no avisar durante un tiempo, 60 minutos si no dice cuántos; después, todo junto',
      '/unmute: avisar ya',
    ],
    muted: (until: string) =>
      line`Hasta ${until}. Lo que ocurra hasta entonces se avisa después. /unmute lo termina.`,
    unmuted: 'Este chat ya no está silenciado. Lo que esperaba se avisa ahora.',
    noTime: 'Diga cuántos minutos, de 1 a 10080 (una semana): /mute 60.',
    mute: 'Silencio',
    more: (left: number) => line`… y ${left} más`,
    unregistered: (chat: string) => line`Este chat no está registrado. Su id es ${code(chat)}.`,
  },
};

/** A step of an order, as its timeline has it. */
export interface Step {
  readonly at: string;
  readonly type: string;
}

/** An order and the last steps of its timeline, oldest first. */
export function orderMessage(order: OrderView, steps: readonly Step[], language: Language): Message {
  const words = WORDS[language];
  const { orderId, status, items, totalAmount, currency, failureReason, refundedAmount } = order;
  const left = items.length - MOST_ITEMS;
  // Without its currency, people would misread a number of minor units.
  const hasCurrency = currency !== NO_CURRENCY;
  return {
    icon: '🧾',
    title: words.order,
    lines: [
      line`${code(orderId)}`,
      line`${words.status}: ${bold(STATUS[status][language])}`,
      ...(failureReason === undefined ? [] : [line`${failureReason}`]),
      ...items
        .slice(0, MOST_ITEMS)
        .map(({ quantity, name, sku, productId }) => line`• ${quantity} × ${name ?? sku ?? productId}`),
      ...(left > 0 ? [words.more(left)] : []),
      ...(hasCurrency ? [line`${words.total}: ${moneyText(totalAmount, currency, language)}`] : []),
      ...(hasCurrency && refundedAmount > 0
        ? [line`${words.refunded}: ${moneyText(refundedAmount, currency, language)}`]
        : []),
      ...steps.map(({ at, type }) => line`${minuteOf(at)} ${code(type)}`),
    ],
  };
}

/** What is in stock; a sign stands before what is low. */
export function stockMessage(shown: readonly StockLine[], more: number, language: Language): Message {
  const words = WORDS[language];
  const lines = shown.map(
    (one): Line =>
      line`${isLow(one) ? '⚠️ ' : ''}${bold(String(one.available))} · ${one.name} (${code(one.sku)})`,
  );
  return {
    icon: '📦',
    title: words.stock,
    lines: [...(lines.length > 0 ? lines : [line`${words.none}`]), ...(more > 0 ? [words.more(more)] : [])],
  };
}

/**
 * What a mute means.
 *
 * @param until RFC 3339; `null` when it has ended, absent when the command named no time that may be
 */
export function muteMessage(until: string | null | undefined, language: Language): Message {
  const { mute: title, muted, unmuted, noTime } = WORDS[language];
  if (until === undefined) return { icon: 'ℹ️', title, lines: [line`${noTime}`] };
  if (until === null) return { icon: '🔔', title, lines: [line`${unmuted}`] };
  return { icon: '🔕', title, lines: [muted(minuteOf(until))] };
}

/** Which commands there are. */
export const helpMessage = (language: Language): Message => ({
  icon: 'ℹ️',
  title: WORDS[language].commands,
  lines: WORDS[language].help.map((text) => line`${text}`),
});

/** Why there is nothing to tell, under the title of what was asked for. */
export const noAnswer = (
  about: 'order' | 'stock',
  why: 'unknown' | 'noOrder' | 'unavailable',
  language: Language,
): Message => ({
  icon: 'ℹ️',
  title: WORDS[language][about],
  lines: [line`${WORDS[language][why]}`],
});

/** For a chat of which nobody knows the language. It says nothing but what the chat knows already. */
export const unregisteredMessage = (chatId: string): Message => ({
  icon: 'ℹ️',
  title: 'Comanda',
  lines: [WORDS.en.unregistered(chatId), WORDS.es.unregistered(chatId)],
});

/** `2026-01-01 12:00 UTC`. */
const minuteOf = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;
