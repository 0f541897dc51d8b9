SELECT ur.user_id,
       ur.role_id,
       (ur.granted_at AT TIME ZONE 'UTC') AS granted_at
FROM legacy.user_roles ur
WHERE ur.user_id = any(:keys)
