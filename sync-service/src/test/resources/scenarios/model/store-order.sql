create view seen (target, key, content) as
  select 'orders', order_id::text,
    row(user_id, customer_name, status, payment_method, payment_status, tax::text, shipping_cost::text, subtotal::text,
        shipping_address ->> 'city', md5(notes), (created_at at time zone 'UTC')::text, (updated_at at time zone 'UTC')::text)::text
  from orders
  union all
  select 'order_items', item_id::text,
    row(order_id, product_id, quantity, unit_price::text, discount_amount::text, line_total::text)::text
  from order_items;
