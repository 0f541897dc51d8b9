-- order-service: orders and their items.

create type order_status as enum ('PENDING', 'CONFIRMED', 'PROCESSING', 'SHIPPED', 'DELIVERED', 'CANCELLED');

create table orders (
  order_id                uuid primary key default gen_random_uuid(),
  user_id                 uuid,
  customer_name           text not null,
  status                  order_status not null default 'PENDING',
  payment_method          text,
  payment_status          text not null default 'PENDING'
                          check (payment_status in ('PENDING', 'CAPTURED', 'FAILED', 'REFUNDED')),
  currency                char(3) not null default 'EUR', -- the service's own; Crossfade does not write it
  subtotal                numeric(12, 2) not null check (subtotal >= 0),
  tax                     numeric(12, 2) not null default 0,
  shipping_cost           numeric(12, 2) not null default 0,
  total                   numeric(12, 2) not null check (total = subtotal + tax + shipping_cost),
  shipping_address        jsonb not null default '{}',
  notes                   text,
  migrated_from_order_id  uuid,
  created_at              timestamptz not null default now(),
  updated_at              timestamptz not null default now(),
  constraint orders_migrated_from_order_id_key unique (migrated_from_order_id)
);
create index orders_user_id on orders (user_id, created_at);
create index orders_open on orders (status) where status not in ('DELIVERED', 'CANCELLED');

create table order_items (
  item_id                      uuid primary key default gen_random_uuid(),
  order_id                     uuid not null references orders (order_id) on delete cascade,
  product_id                   uuid not null,
  product_name                 text not null,
  product_sku                  text not null,
  quantity                     integer not null check (quantity > 0),
  unit_price                   numeric(10, 2) not null,
  discount_amount              numeric(10, 2) not null default 0 check (discount_amount >= 0),
  line_total                   numeric(12, 2) not null,
  migrated_from_sales_item_id  uuid,
  created_at                   timestamptz not null default now(),
  constraint order_items_migrated_from_sales_item_id_key unique (migrated_from_sales_item_id),
  check (line_total >= discount_amount)
);
create index order_items_order_id on order_items (order_id);
create index order_items_product_id on order_items (product_id);

-- A writer that brings its own updated_at keeps it.
create function touch_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;
create trigger orders_touch before update on orders for each row
  when (new is distinct from old and current_setting('crossfade.applying', true) is distinct from 'on')
  execute function touch_updated_at();
