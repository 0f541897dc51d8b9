create view seen (target, key, content) as
  select 'roles', id::text, row(name)::text from roles
  union all
  select 'users', id::text, row(email, password_hash, full_name, is_active, (updated_at at time zone 'UTC')::text)::text from users
  union all
  select 'user_roles', user_id || '/' || role_id, (granted_at at time zone 'UTC')::text from user_roles;
