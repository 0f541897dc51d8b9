SELECT r.id,
       upper(r.name) AS name,
       coalesce(r.description, '') AS description,
       r.id AS migrated_from_role_id,
       (r.created_at AT TIME ZONE 'UTC') AS created_at
FROM legacy.roles r
WHERE r.id = any(:keys)
