-- The legacy shop: one database for everything, as it grew over the years.
-- Naive timestamps, in UTC. Statuses of orders in lower case, of products in upper case.

create table users (
  id               uuid primary key default gen_random_uuid(),
  email            text not null,
  hashed_password  text not null,
  full_name        text,
  is_active        boolean not null default true,
  is_superuser     boolean not null default false,
  created_at       timestamp not null default (clock_timestamp() at time zone 'UTC'),
  updated_at       timestamp not null default (clock_timestamp() at time zone 'UTC'),
  constraint users_email_key unique (email) deferrable initially immediate
);

create table roles (
  id           uuid primary key default gen_random_uuid(),
  name         text not null unique,
  description  text,
  created_at   timestamp not null default (clock_timestamp() at time zone 'UTC')
);

create table user_roles (
  user_id     uuid not null references users (id) on delete cascade,
  role_id     uuid not null references roles (id) on delete cascade,
  granted_at  timestamp not null default (clock_timestamp() at time zone 'UTC'),
  primary key (user_id, role_id)
);
create index user_roles_role_id on user_roles (role_id);

create table products (
  product_id   uuid primary key default gen_random_uuid(),
  sku          text not null unique,
  name         text not null,
  description  text,
  unit_price   numeric(10, 2) not null check (unit_price >= 0),
  category     text,
  brand        text,
  status       text not null default 'ACTIVE' check (status in ('ACTIVE', 'DISCONTINUED')),
  created_at   timestamp not null default (clock_timestamp() at time zone 'UTC'),
  updated_at   timestamp not null default (clock_timestamp() at time zone 'UTC')
);

create table stock (
  stock_id         uuid primary key default gen_random_uuid(),
  product_id       uuid not null unique references products (product_id) on delete cascade,
  quantity         integer not null default 0 check (quantity >= 0),
  reserved         integer not null default 0 check (reserved >= 0),
  min_stock_level  integer not null default 0,
  updated_at       timestamp not null default (clock_timestamp() at time zone 'UTC'),
  check (reserved <= quantity)
);

create table sales_orders (
  order_id          uuid primary key default gen_random_uuid(),
  user_id           uuid references users (id),
  customer_name     text not null,
  status            text not null default 'pending'
                    check (status in ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled')),
  payment_method    text,
  payment_status    text not null default 'pending'
                    check (payment_status in ('pending', 'paid', 'failed', 'refunded')),
  subtotal          numeric(12, 2) not null default 0,
  tax               numeric(12, 2) not null default 0,
  shipping_cost     numeric(12, 2) not null default 0,
  total             numeric(12, 2) not null default 0,
  shipping_address  text,
  shipping_city     text,
  shipping_state    text,
  shipping_zip      text,
  shipping_country  text,
  notes             text,
  created_at        timestamp not null default (clock_timestamp() at time zone 'UTC'),
  updated_at        timestamp not null default (clock_timestamp() at time zone 'UTC')
);
create index sales_orders_user_id on sales_orders (user_id);
create index sales_orders_status on sales_orders (status);

create table sales_items (
  sales_item_id  uuid primary key default gen_random_uuid(),
  order_id       uuid not null references sales_orders (order_id) on delete cascade,
  product_id     uuid not null references products (product_id),
  quantity       integer not null check (quantity > 0),
  unit_price     numeric(10, 2) not null,
  discount       numeric(10, 2),
  line_total     numeric(12, 2) not null,
  created_at     timestamp not null default (clock_timestamp() at time zone 'UTC')
);
create index sales_items_order_id on sales_items (order_id);
create index sales_items_product_id on sales_items (product_id);
