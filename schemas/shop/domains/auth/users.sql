SELECT u.id,
       u.email,
       u.hashed_password AS password_hash,
       u.full_name,
       u.is_active,
       u.is_superuser,
       u.id AS migrated_from_user_id,
       (u.created_at AT TIME ZONE 'UTC') AS created_at,
       (u.updated_at AT TIME ZONE 'UTC') AS updated_at
FROM legacy.users u
WHERE u.id = any(:keys)
