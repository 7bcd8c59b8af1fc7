import {
  AdjustStock,
  CreateProduct,
  GetProduct,
  Id,
  ListMovements,
  ListProducts,
  MovementView,
  ProductView,
  UpdateProduct,
} from '@comanda/contracts';
import type { RequestContext } from '@comanda/messaging';
import { Body, Controller, Get, Inject, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { type Caller, Context, CurrentCaller } from '../auth/caller.js';
import { createdAt, nextCursor, productId, staffId } from '../description/examples.js';
import { named } from '../description/named.js';
import { API } from '../routes/api.js';
import { IdempotentId } from '../routes/idempotent-id.js';
import { NoCache } from '../routes/no-cache.js';
import { Operation } from '../routes/operation.js';
import { pageQuery, yesOrNo } from '../routes/page-query.js';
import { pending } from '../routes/pending.js';
import { ServiceClient } from '../routes/service-client.js';
import { ProductReads } from './product-reads.js';

const ProductParams = z.strictObject({ productId: Id });
type ProductParams = z.infer<typeof ProductParams>;

const ProductsQuery = z.strictObject({
  q: ListProducts.data.shape.q.describe('Part of the name or the SKU, in capitals or small letters'),
  active: yesOrNo.optional(),
  ...pageQuery,
});
const espresso = { sku: 'ESPRESSO', name: 'Espresso', price: 180, currency: 'EUR' };
const product = { productId, ...espresso, active: true, available: 40 };
const Product = named('Product', ProductView, product);
const ProductPage = named('ProductPage', ListProducts.result, { items: [product], nextCursor });
const movement = { at: createdAt, delta: 40, reason: 'delivery', actor: staffId, before: 0, after: 40 };
named('StockMovement', MovementView, movement);
const StockMovementPage = named('StockMovementPage', ListMovements.result, { items: [movement], nextCursor });

const NewProduct = named(
  'NewProduct',
  z.strictObject(CreateProduct.data.omit({ productId: true, actor: true }).shape),
  { ...espresso, stock: 40, lowStockThreshold: 5 },
);
const ProductChange = named(
  'ProductChange',
  z
    .strictObject(UpdateProduct.data.omit({ productId: true, actor: true }).shape)
    .refine((change) => Object.keys(change).length > 0, 'must name at least one field to change'),
  { price: 190, active: false },
);
const Adjustment = named(
  'StockAdjustment',
  z.strictObject(AdjustStock.data.omit({ adjustmentId: true, productId: true, actor: true }).shape),
  { delta: -2, reason: 'broken' },
);
const MovementsQuery = z.strictObject(pageQuery);
const NOT_FOUND = { 404: ['UNKNOWN_PRODUCT'] } as const;

const placeOf = (productId: string): string => `/${API}/products/${productId}`;

/** The catalogue: open to everybody, changed by staff. */
@ApiTags('products')
@Controller(`${API}/products`)
export class ProductsController {
  constructor(
    @Inject(ServiceClient) private readonly services: ServiceClient,
    @Inject(ProductReads) private readonly reads: ProductReads,
  ) {}

  @Get()
  @Operation({
    id: 'listProducts',
    summary: 'The catalogue by name',
    access: 'anyone',
    result: ProductPage,
    tagged: true,
  })
  list(
    @Query({ schema: ProductsQuery }) query: z.infer<typeof ProductsQuery>,
    @Context() context: RequestContext,
    @NoCache() anew: boolean,
  ) {
    return this.reads.ask(ListProducts, query, context, { subject: context.tenantId, anew });
  }

  @Get(':productId')
  @Operation({
    id: 'getProduct',
    tagged: true,
    summary: 'One product',
    access: 'anyone',
    result: Product,
    problems: NOT_FOUND,
  })
  get(
    @Param({ schema: ProductParams }) params: ProductParams,
    @Context() context: RequestContext,
    @NoCache() anew: boolean,
  ) {
    return this.reads.ask(GetProduct, params, context, { subject: params.productId, anew });
  }

  @Post()
  @Operation({
    id: 'addProduct',
    summary: 'Add a product',
    access: 'staff',
    scope: 'products:write',
    status: 201,
    result: Product,
    headers: ['Location'],
    problems: { 409: ['SKU_TAKEN'] },
    idempotent: true,
    mayPend: true,
  })
  async create(
    @Body({ schema: NewProduct }) product: z.infer<typeof NewProduct>,
    @IdempotentId({ names: 'product' }) productId: string,
    @CurrentCaller() { accountId }: Caller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const command = { ...product, productId, actor: accountId };
    const created = await this.services.carryOut(CreateProduct, command, context, productId);
    this.reads.forget(context.tenantId);
    if (!created) return pending(reply, placeOf(productId));
    reply.header('location', placeOf(productId));
    return created;
  }

  @Patch(':productId')
  @Operation({
    id: 'changeProduct',
    summary: 'Change name, price, threshold, or whether it is for sale',
    access: 'staff',
    scope: 'products:write',
    result: Product,
    problems: NOT_FOUND,
    mayPend: true,
  })
  async change(
    @Param({ schema: ProductParams }) { productId }: ProductParams,
    @Body({ schema: ProductChange }) change: z.infer<typeof ProductChange>,
    @CurrentCaller() { accountId }: Caller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const command = { ...change, productId, actor: accountId };
    const changed = await this.services.carryOut(UpdateProduct, command, context, productId);
    this.reads.forget(context.tenantId);
    return changed ?? pending(reply, placeOf(productId));
  }

  @Get(':productId/movements')
  @Operation({
    id: 'listStockMovements',
    summary: 'Every change of what is available, newest first',
    access: 'staff',
    scope: 'products:read',
    result: StockMovementPage,
    problems: NOT_FOUND,
  })
  movements(
    @Param({ schema: ProductParams }) { productId }: ProductParams,
    @Query({ schema: MovementsQuery }) query: z.infer<typeof MovementsQuery>,
    @Context() context: RequestContext,
    @NoCache() anew: boolean,
  ) {
    return this.services.ask(ListMovements, { ...query, anew, productId }, context, productId);
  }

  @Post(':productId/stock-adjustments')
  @Operation({
    id: 'adjustStock',
    summary: 'Put on the shelf or take away',
    access: 'staff',
    scope: 'products:write',
    result: Product,
    problems: { ...NOT_FOUND, 409: ['NOT_ENOUGH_STOCK', 'TOO_MUCH_STOCK'] },
    idempotent: true,
    mayPend: true,
  })
  async adjustStock(
    @Param({ schema: ProductParams }) { productId }: ProductParams,
    @Body({ schema: Adjustment }) adjustment: z.infer<typeof Adjustment>,
    @IdempotentId({ names: 'adjustment', within: 'productId' }) adjustmentId: string,
    @CurrentCaller() { accountId }: Caller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const command = { ...adjustment, adjustmentId, productId, actor: accountId };
    const adjusted = await this.services.carryOut(AdjustStock, command, context, productId);
    this.reads.forget(context.tenantId);
    return adjusted ?? pending(reply, `${placeOf(productId)}/movements`);
  }
}
