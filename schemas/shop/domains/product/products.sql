SELECT p.product_id,
       p.sku,
       trim(BOTH '-' FROM lower(regexp_replace(p.name, '[^[:alnum:]]+', '-', 'g')))
         || '-' || lower(regexp_replace(p.sku, '[^[:alnum:]]+', '-', 'g')) AS slug,
       p.name,
       p.description,
       p.unit_price,
       coalesce(p.category, 'uncategorised') AS category,
       p.brand,
       p.status = 'ACTIVE' AS active,
       p.product_id AS migrated_from_product_id,
       (p.created_at AT TIME ZONE 'UTC') AS created_at,
       (p.updated_at AT TIME ZONE 'UTC') AS updated_at,
       CASE WHEN p.status NOT IN ('ACTIVE', 'DISCONTINUED')
            THEN 'product status "' || p.status || '" is unknown' END AS park
FROM legacy.products p
WHERE p.product_id = any(:keys)
