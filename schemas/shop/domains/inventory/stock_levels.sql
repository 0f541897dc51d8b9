SELECT s.product_id,
       s.quantity AS on_hand,
       s.reserved,
       s.quantity - s.reserved AS available,
       s.min_stock_level AS reorder_point,
       s.stock_id AS migrated_from_stock_id,
       (s.updated_at AT TIME ZONE 'UTC') AS updated_at
FROM legacy.stock s
WHERE s.product_id = any(:keys)
