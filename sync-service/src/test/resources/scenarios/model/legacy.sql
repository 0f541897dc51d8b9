-- Beside the tables of the rental business and of the shop: keys that may change, what must be in the
-- stores (written by hand, it shares nothing with the mappings), and a ledger for each domain that
-- every transaction updates last.
alter table contract_terms drop constraint contract_terms_contract_no_fkey,
  add constraint contract_terms_contract_no_fkey foreign key (contract_no) references contracts on delete cascade on update cascade;
-- Deleting a user would lock orders, which another transaction may be truncating.
alter table sales_orders drop constraint sales_orders_user_id_fkey;
alter table user_roles drop constraint user_roles_user_id_fkey,
  add constraint user_roles_user_id_fkey foreign key (user_id) references users on delete cascade on update cascade;
alter table sales_items drop constraint sales_items_order_id_fkey,
  add constraint sales_items_order_id_fkey foreign key (order_id) references sales_orders on delete cascade on update cascade;

insert into products (product_id, sku, name, unit_price)
  select ('00000000-0000-4000-8000-' || lpad((300000000 + n)::text, 12, '0'))::uuid, 'SKU-' || n, 'product ' || n, 10 from generate_series(0, 7) n;
insert into roles (id, name)
  select ('00000000-0000-4000-8000-' || lpad((400000000 + n)::text, 12, '0'))::uuid, 'role ' || n from generate_series(0, 3) n;
insert into users (id, email, hashed_password)
  select ('00000000-0000-4000-8000-' || lpad((500000000 + n)::text, 12, '0'))::uuid, 'first' || n || '@example.com', 'x' from generate_series(0, 20, 2) n;
insert into sales_orders (order_id, customer_name)
  select ('00000000-0000-4000-8000-' || lpad((100000000 + n)::text, 12, '0'))::uuid, 'customer ' || n from generate_series(0, 20, 3) n;

create view oracle_rental (target, key, content) as
  select 'rentals', c.contract_no::text,
    row(customer_no, opened::text, (array['DRAFT', 'OPEN', 'CLOSED'])[position(state in 'doc')], (deposit::numeric(10,2))::text, insured,
        (coalesce(l.total, 0)::numeric(12,2))::text)::text
  from contracts c join contract_terms t on t.contract_no = c.contract_no
    left join (select contract_no, sum(days * rate) as total from contract_lines group by contract_no) l on l.contract_no = c.contract_no
  union all
  select 'rental_notes', contract_no::text, md5(remarks) from contracts where not remarks is null
  union all
  select 'rental_lines', contract_no || '/' || line_no, row(machine, days, rate::text)::text from contract_lines;

create view oracle_order (target, key, content) as
  select 'orders', order_id::text,
    row(user_id, customer_name, upper(status), payment_method, replace(upper(payment_status), 'PAID', 'CAPTURED'), tax::text, shipping_cost::text,
        ((select coalesce(sum(line_total), 0) - coalesce(sum(discount), 0) from sales_items i where i.order_id = o.order_id)::numeric(12,2))::text,
        shipping_city, md5(notes), created_at::text, updated_at::text)::text
  from sales_orders o
  union all
  select 'order_items', sales_item_id::text,
    row(order_id, product_id, quantity, unit_price::text, case when discount is null then '0.00' else discount::text end, line_total::text)::text
  from sales_items;

create view oracle_auth (target, key, content) as
  select 'roles', id::text, row(upper(name))::text from roles
  union all
  select 'users', id::text, row(email, hashed_password, full_name, is_active, updated_at::text)::text from users
  union all
  select 'user_roles', user_id || '/' || role_id, granted_at::text from user_roles;

create table ledger_rental (id integer primary key, n bigint not null, mark text not null);
create table ledger_order (id integer primary key, n bigint not null, mark text not null);
create table ledger_auth (id integer primary key, n bigint not null, mark text not null);

-- The name that an item's product had when the item was committed, in the order of commits. An item
-- that was there before, or whose key was another's, may keep the older name.
create table item_names (sales_item_id uuid primary key, lives integer not null, product_name text);
create function count_lives() returns trigger language plpgsql as $$
begin
  insert into item_names values (new.sales_item_id, 1, null) on conflict (sales_item_id) do update set lives = item_names.lives + 1;
  return null;
end $$;
create trigger count_lives after insert or update of sales_item_id on sales_items for each row execute function count_lives();

create function entry_rental() returns void language sql as $$
  update ledger_rental set n = n + 1,
    mark = (select count(*) || ':' || coalesce(sum(hashtext(target || key || coalesce(content, '~'))::bigint), 0) from oracle_rental)
$$;
create function entry_order() returns void language sql as $$
  update item_names n set product_name = p.name from sales_items i join products p using (product_id)
    where n.sales_item_id = i.sales_item_id and n.product_name is null;
  update ledger_order set n = n + 1,
    mark = (select count(*) || ':' || coalesce(sum(hashtext(target || key || coalesce(content, '~'))::bigint), 0) from oracle_order)
$$;
create function entry_auth() returns void language sql as $$
  update ledger_auth set n = n + 1,
    mark = (select count(*) || ':' || coalesce(sum(hashtext(target || key || coalesce(content, '~'))::bigint), 0) from oracle_auth)
$$;
insert into ledger_rental values (900000001, 0, '');
insert into ledger_order values (900000001, 0, '');
insert into ledger_auth values (900000001, 0, '');
select entry_rental(), entry_order(), entry_auth();
