import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity()
export class Order {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar')
  status!: string;

  @Column('varchar')
  productId!: string;

  @Column('int')
  quantity!: number;
}

@Entity()
export class Product {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar')
  status!: string;

  @Column('int')
  quantity!: number;
}

@Entity()
export class Payment {
  @PrimaryColumn('varchar')
  id!: string;

  @Column('varchar')
  status!: string;

  @Column('varchar')
  productId!: string;

  @Column('int')
  quantity!: number;
}
