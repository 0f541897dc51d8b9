-- auth-service: users, roles and who has which.

create table roles (
  id                     uuid primary key default gen_random_uuid(),
  name                   text not null check (name = upper(name)),
  description            text not null default '',
  migrated_from_role_id  uuid,
  created_at             timestamptz not null default now(),
  constraint roles_name_key unique (name)
);

create table users (
  id                     uuid primary key default gen_random_uuid(),
  email                  text not null check (email like '%_@_%'),
  password_hash          text not null,
  full_name              text,
  is_active              boolean not null default true,
  is_superuser           boolean not null default false,
  failed_logins          integer not null default 0, -- the service's own; Crossfade does not write it
  migrated_from_user_id  uuid,
  created_at             timestamptz not null default now(),
  updated_at             timestamptz not null default now(),
  constraint users_email_key unique (email)
);

create table user_roles (
  user_id     uuid not null references users (id) on delete cascade,
  role_id     uuid not null references roles (id),
  granted_at  timestamptz not null default now(),
  primary key (user_id, role_id)
);
create index user_roles_role_id on user_roles (role_id);

-- A writer that brings its own updated_at keeps it.
create function touch_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;
create trigger users_touch before update on users for each row
  when (new is distinct from old and current_setting('crossfade.applying', true) is distinct from 'on')
  execute function touch_updated_at();
