-- What the benchmark adds to the legacy shop: functions that are its clients. Ids come from a seed
-- and a number, values from random(), which each session seeds. Settings of the database say what they do: bench.follows, how
-- often an order is followed by bench_follow; bench.deletes, the share of those that delete; bench.width, bytes that each order has more.

-- Not captured: which transaction placed an order, so that its commit time can be read afterwards.
create table bench_placed (order_id uuid not null, xid xid not null);

create function bench_id(kind text, seed bigint, n bigint) returns uuid
language sql immutable parallel safe as $$ select md5(kind || ':' || seed || ':' || n)::uuid $$;

insert into users (id, email, hashed_password, full_name)
select bench_id('user', 0, n), 'user' || n || '@example.com', md5(n::text), 'User Number ' || n
from generate_series(0, 999) n;

insert into products (product_id, sku, name, description, unit_price, category, brand)
select bench_id('product', 0, n), 'SKU-' || n, 'Product ' || n, 'What product ' || n || ' is good for',
       5 + n % 200 + 0.99, 'category ' || n % 20, 'Brand ' || n % 50
from generate_series(0, 999) n;

-- One order with 1 to 5 items. Returns how many rows were changed in captured tables.
create function bench_place(seed bigint, n bigint, log_commit boolean) returns integer
language plpgsql as $$
declare
  id uuid := bench_id('order', seed, n);
  items integer := 1 + floor(random() * 5);
  first integer := floor(random() * 1000);
  customer integer := floor(random() * 1000);
  quantities integer[];
  subtotal numeric(12, 2);
  width integer := current_setting('bench.width');
begin
  select array_agg(1 + floor(random() * 4)::integer) into quantities from generate_series(1, items);
  select sum((5 + (first + k * 7) % 1000 % 200 + 0.99) * quantities[k]) into subtotal
  from generate_series(1, items) k;
  insert into sales_orders (order_id, user_id, customer_name, payment_method, subtotal, tax, shipping_cost, total,
                            shipping_address, shipping_city, shipping_state, shipping_zip, shipping_country, notes)
  values (id, bench_id('user', 0, customer), 'User Number ' || customer, 'card', subtotal, round(subtotal * 0.19, 2), 4.90,
          subtotal + round(subtotal * 0.19, 2) + 4.90, customer || ' Main Street', 'City ' || customer % 90, 'State ' || customer % 16,
          lpad(customer::text, 5, '0'), 'DE', case when width > 0 then (select left(string_agg(md5(id::text || k), ''), width) from generate_series(0, width / 32) k)
               when customer % 10 = 0 then 'leave it with the neighbour' end);
  insert into sales_items (sales_item_id, order_id, product_id, quantity, unit_price, discount, line_total)
  select bench_id('item', seed, n * 8 + k), id, bench_id('product', 0, (first + k * 7) % 1000), quantities[k],
         5 + (first + k * 7) % 1000 % 200 + 0.99, case when k % 4 = 0 then 0.50 end,
         (5 + (first + k * 7) % 1000 % 200 + 0.99) * quantities[k]
  from generate_series(1, items) k;
  if log_commit then
    insert into bench_placed values (id, pg_current_xact_id()::xid);
  end if;
  return 1 + items;
end $$;

-- What happens later to one of the last 500 orders of that seed: its status moves on; of half of them an item changes,
-- of 8 % an item goes, and 2 % are deleted as a whole. (No index has the order of the items: the planner would read all of
-- it for the first of an order.)
create function bench_follow(seed bigint, n bigint) returns integer
language plpgsql as $$
declare
  id uuid := bench_id('order', seed, n - floor(random() * least(n, 500))::bigint);
  dice float := random();
  chosen integer := floor(random() * 5);
  item uuid;
  price numeric;
  changed integer := 0;
  rows integer;
begin
  if dice < current_setting('bench.deletes')::float then
    select count(*) into rows from sales_items i where i.order_id = id;
    delete from sales_orders o where o.order_id = id;
    return case when found then 1 + rows else 0 end;
  end if;
  update sales_orders o
  set status = case o.status when 'pending' then 'confirmed' when 'confirmed' then 'processing'
                             when 'processing' then 'shipped' else 'delivered' end,
      payment_status = 'paid', updated_at = clock_timestamp() at time zone 'UTC'
  where o.order_id = id;
  if not found then
    return 0;
  end if;
  changed := 1;
  if dice < 0.52 then
    select i.sales_item_id, i.unit_price into item, price from sales_items i where i.order_id = id
    order by i.line_total, i.sales_item_id::text offset chosen limit 1;
    if item is not null then
      update sales_items i set quantity = 1 + chosen, line_total = price * (1 + chosen) where i.sales_item_id = item;
      changed := changed + 1;
    end if;
  elsif dice < 0.60 then
    select i.sales_item_id into item from sales_items i where i.order_id = id
    order by i.line_total, i.sales_item_id::text offset 1 limit 1;
    if item is not null then
      delete from sales_items i where i.sales_item_id = item;
      changed := changed + 1;
    end if;
  end if;
  return changed;
end $$;

-- Transactions as the shop's, one after the other, until at least so many rows are changed.
create procedure bench_backlog(seed bigint, wanted bigint, inout changes bigint)
language plpgsql as $$
declare
  n bigint := 0;
begin
  changes := 0;
  while changes < wanted loop
    n := n + 1;
    changes := changes + bench_place(seed, n, false);
    commit;
    for i in 1 .. current_setting('bench.follows')::integer loop
      changes := changes + bench_follow(seed, n);
      commit;
    end loop;
  end loop;
end $$;

-- A fence, in this order: the gate of the fence before goes, a gate comes, then an order comes; each is an order with one item
-- of its own id, which nobody follows. Behind them is a message in the log. A pipeline looks for the message, or that the
-- order is there and the gate gone: one that writes the rows and the deletes of a batch apart is not through before both.
-- Returns the place of the message in the log.
create function bench_fence(id uuid, gate uuid, gone uuid, message text) returns bigint
language plpgsql as $$
begin
  delete from sales_orders o where o.order_id = gone;
  insert into sales_orders (order_id, customer_name) values (gate, 'gate'), (id, 'fence');
  insert into sales_items (sales_item_id, order_id, product_id, quantity, unit_price, line_total)
  select x, x, bench_id('product', 0, 0), 1, 1, 1 from unnest(array[gate, id]) x;
  return pg_logical_emit_message(true, 'crossfade', message) - '0/0'::pg_lsn;
end $$;
