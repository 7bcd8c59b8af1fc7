import { accept, type DataOf, ListPaymentsByOrder, type Message, type Reply } from '@comanda/contracts';
import { Answers } from '@comanda/messaging';
import { DATABASE } from '@comanda/service-kit';
import { type Database, selectList } from '@comanda/storage';
import { Controller, Inject } from '@nestjs/common';
import { payments } from '../storage/tables.js';

/** Answers about payments, from what is committed. */
@Controller()
export class PaymentQueries {
  constructor(@Inject(DATABASE) private readonly database: Database) {}

  @Answers(ListPaymentsByOrder)
  async byOrder({ tenantid, data }: Message<DataOf<typeof ListPaymentsByOrder>>): Promise<Reply> {
    const rows = await this.database.of(tenantid).read(
      `SELECT ${selectList(payments.columns, 'p')} FROM payments p
       WHERE p.tenant_id = ?1 ->> 0 AND p.order_id = ?1 ->> 1 AND p.status <> 'VOID'`,
      [tenantid, data.orderId],
    );
    const items = rows.map((row) => {
      const { paymentId, status, amount, currency, provider, refundedAmount, failureCode, createdAt } =
        payments.decode(row);
      return {
        paymentId,
        status,
        amount,
        currency,
        provider,
        refundedAmount,
        ...(failureCode !== null && { failureCode }),
        createdAt,
      };
    });
    return accept({ items });
  }
}
