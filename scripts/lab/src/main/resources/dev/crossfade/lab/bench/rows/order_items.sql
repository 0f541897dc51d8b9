SELECT i.sales_item_id AS item_id,
       i.order_id,
       i.product_id,
       i.quantity,
       i.unit_price,
       i.discount AS discount_amount,
       i.line_total,
       i.created_at
FROM legacy.sales_items i
WHERE i.order_id = any(:keys)
