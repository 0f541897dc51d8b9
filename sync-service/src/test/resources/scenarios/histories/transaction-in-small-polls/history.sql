-- seed 0, polls of 3
-- An order and its items come in several polls.
[1] begin;
[1] insert into sales_orders (order_id, customer_name) values ('00000000-0000-4000-8000-000100000900', 'somebody');
[1] insert into sales_items (sales_item_id, order_id, product_id, quantity, unit_price, line_total) select ('00000000-0000-4000-8000-' || lpad((200000900 + g)::text, 12, '0'))::uuid, '00000000-0000-4000-8000-000100000900', '00000000-0000-4000-8000-000300000001', 1, 2, 2 from generate_series(1, 20) g;
[1] select entry_order();
[1] commit;
-- until order is at most 0 transactions behind
[2] begin;
[2] delete from sales_orders where order_id = '00000000-0000-4000-8000-000100000900';
[2] select entry_order();
[2] commit;
-- until order is at most 0 transactions behind
