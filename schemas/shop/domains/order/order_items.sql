SELECT i.sales_item_id AS item_id,
       i.order_id,
       i.product_id,
       p.name AS product_name,
       p.sku AS product_sku,
       i.quantity,
       i.unit_price,
       coalesce(i.discount, 0) AS discount_amount,
       i.line_total,
       i.sales_item_id AS migrated_from_sales_item_id,
       (i.created_at AT TIME ZONE 'UTC') AS created_at,
       CASE WHEN p.product_id IS NULL THEN 'product ' || i.product_id || ' is unknown' END AS park
FROM legacy.sales_items i
LEFT JOIN legacy.products p USING (product_id)
WHERE i.order_id = any(:keys)
