import { accept, type DataOf, ListPaymentsByOrder, type Message, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import type { Database } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { payments } from '../storage/tables.js';
import { paymentView } from '../views/payment-view.js';

/** The payments of an order: one, or none while it was not asked for and when it never will be. */
@Controller()
export class ListPaymentsByOrderQuery {
  readonly #database: Database;

  constructor(@Inject(DATABASE) database: Database) {
    this.#database = database;
  }

  @Answers(ListPaymentsByOrder)
  async list({ tenantid, data }: Message<DataOf<typeof ListPaymentsByOrder>>): Promise<Reply> {
    const payment = await this.#database.of(tenantid).find(payments.read(tenantid, data.orderId));
    return accept({ items: payment && payment.status !== 'VOID' ? [paymentView(payment)] : [] });
  }
}
