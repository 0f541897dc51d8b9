SELECT o.order_id,
       o.user_id,
       o.customer_name,
       (CASE WHEN o.status IN ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled')
             THEN upper(o.status) END)::order_status AS status,
       o.payment_method,
       CASE o.payment_status
         WHEN 'pending'  THEN 'PENDING'
         WHEN 'paid'     THEN 'CAPTURED'
         WHEN 'failed'   THEN 'FAILED'
         WHEN 'refunded' THEN 'REFUNDED'
       END AS payment_status,
       s.subtotal,
       o.tax,
       o.shipping_cost,
       s.subtotal + o.tax + o.shipping_cost AS total,
       jsonb_build_object(
         'street', o.shipping_address, 'city', o.shipping_city, 'state', o.shipping_state,
         'zip', o.shipping_zip, 'country', o.shipping_country) AS shipping_address,
       o.notes,
       o.order_id AS migrated_from_order_id,
       (o.created_at AT TIME ZONE 'UTC') AS created_at,
       (o.updated_at AT TIME ZONE 'UTC') AS updated_at,
       CASE WHEN o.status NOT IN ('pending', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled')
            THEN 'order status "' || o.status || '" is unknown'
            WHEN o.payment_status NOT IN ('pending', 'paid', 'failed', 'refunded')
            THEN 'payment status "' || o.payment_status || '" is unknown'
       END AS park
FROM legacy.sales_orders o
CROSS JOIN LATERAL (
  SELECT coalesce(sum(i.line_total - coalesce(i.discount, 0)), 0) AS subtotal
  FROM legacy.sales_items i
  WHERE i.order_id = o.order_id
) s
WHERE o.order_id = any(:keys)
