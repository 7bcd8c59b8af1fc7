import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The columns that all three tables have. */
abstract class Entry {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar')
  status!: string;

  @Column('int')
  quantity!: number;
}

@Entity()
export class Product extends Entry {}

@Entity()
export class Order extends Entry {
  @Column('varchar')
  productId!: string;
}

@Entity()
export class Payment extends Entry {
  @Column('varchar')
  productId!: string;
}
