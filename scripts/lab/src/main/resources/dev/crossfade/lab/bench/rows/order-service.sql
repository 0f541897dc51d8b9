-- The order service of a run with peers: the legacy's orders and items row for row, with other names. Without a foreign
-- key: Kafka Connect writes the tables one by one, in no order between them.

create table orders (
  order_id          uuid primary key,
  customer_id       uuid,
  customer_name     text not null,
  status            text not null,
  payment_method    text,
  payment_status    text not null,
  subtotal          numeric(12, 2) not null,
  tax               numeric(12, 2) not null,
  shipping_cost     numeric(12, 2) not null,
  total             numeric(12, 2) not null,
  shipping_address  text,
  shipping_city     text,
  shipping_state    text,
  shipping_zip      text,
  shipping_country  text,
  notes             text,
  placed_at         timestamp not null,
  updated_at        timestamp not null
);
create index orders_customer_id on orders (customer_id);
create index orders_status on orders (status);

create table order_items (
  item_id          uuid primary key,
  order_id         uuid not null,
  product_id       uuid not null,
  quantity         integer not null,
  unit_price       numeric(10, 2) not null,
  discount_amount  numeric(10, 2),
  line_total       numeric(12, 2) not null,
  created_at       timestamp not null
);
create index order_items_order_id on order_items (order_id);
create index order_items_product_id on order_items (product_id);
