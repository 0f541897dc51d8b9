-- inventory-service: what is in stock.

create table stock_levels (
  product_id              uuid primary key,
  on_hand                 integer not null check (on_hand >= 0),
  reserved                integer not null default 0 check (reserved >= 0),
  available               integer not null check (available = on_hand - reserved),
  reorder_point           integer not null default 0,
  warehouse               text not null default 'MAIN', -- the service's own; Crossfade does not write it
  migrated_from_stock_id  uuid,
  updated_at              timestamptz not null default now(),
  constraint stock_levels_migrated_from_stock_id_key unique (migrated_from_stock_id)
);
create index stock_levels_low on stock_levels (available) where available <= reorder_point;

-- A writer that brings its own updated_at keeps it.
create function touch_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;
create trigger stock_levels_touch before update on stock_levels for each row
  when (new is distinct from old and current_setting('crossfade.applying', true) is distinct from 'on')
  execute function touch_updated_at();
