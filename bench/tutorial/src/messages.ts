/** What a client orders. */
export interface OrderRequest {
  readonly productId: string;
  readonly quantity: number;
}

/** `product.reserveStock`; the key is what the last hop is made idempotent with. */
export interface ReserveStock extends OrderRequest {
  readonly orderId: string;
  readonly idempotencyKey: string;
}

/** `product.stockReserved`, and passed on unchanged as `payment.completed`. */
export interface StockReserved extends ReserveStock {
  readonly ok: boolean;
}
