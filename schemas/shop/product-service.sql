-- product-service: the catalogue.

create table products (
  product_id                uuid primary key default gen_random_uuid(),
  sku                       text not null,
  slug                      text not null check (slug ~ '^[^A-Z ]+$'),
  name                      text not null,
  description               text,
  unit_price                numeric(10, 2) not null check (unit_price >= 0),
  category                  text not null default 'uncategorised',
  brand                     text,
  active                    boolean not null default true,
  search_boost              integer not null default 0, -- the service's own; Crossfade does not write it
  migrated_from_product_id  uuid,
  created_at                timestamptz not null default now(),
  updated_at                timestamptz not null default now(),
  constraint products_sku_key unique (sku),
  constraint products_slug_key unique (slug)
);
create index products_category on products (category) where active;

-- A writer that brings its own updated_at keeps it.
create function touch_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;
create trigger products_touch before update on products for each row
  when (new is distinct from old and current_setting('crossfade.applying', true) is distinct from 'on')
  execute function touch_updated_at();
