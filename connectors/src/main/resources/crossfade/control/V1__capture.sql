-- What capture must remember of a source; one row each. Fenced by generation: whoever has an older
-- one changes nothing.
create table crossfade.capture (
  source            text primary key,
  epoch             int         not null default 0,
  generation        bigint      not null default 0,
  load_state        text        not null default 'none' check (load_state in ('none', 'wanted', 'loading', 'done')),
  system_identifier text        not null default '',
  timeline          int         not null default 0,
  slot              text        not null default '',
  published_lsn     pg_lsn      not null default '0/0',
  released          jsonb       not null default '{}',   -- topic -> [generation, sequence] of its last released record
  topics            jsonb       not null default '{}',   -- topic -> Kafka's topic id
  captured          jsonb       not null default '{}',   -- domain -> table -> column -> type, as they were loaded
  lease_owner       text        not null default '',
  lease_renewed_at  timestamptz not null default '-infinity',
  updated_at        timestamptz not null default now()
);
