-- What Crossfade keeps in a service's store beside the mirror. Every row names its domain, so that
-- several domains may share a store.

-- One row a domain: how far the store is, written in the transaction of the rows. Its row lock is
-- the domain's lock: whoever writes the mirror or derives takes it first.
create table crossfade.progress (
  domain       text primary key,
  owner        bigint      not null default 0,      -- grows with every takeover; a lower one is a zombie
  owner_name   text        not null default '',
  topic_id     text        not null default '',
  next_offset  bigint      not null default 0,      -- the next Kafka offset to read
  generation   bigint      not null default 0,
  sequence     bigint      not null default -1,     -- the last record taken of that generation
  void_generation bigint   not null default 0,      -- a hole was found: the rest of the generations up to this one does not count
  epoch        int         not null default 0,
  base         pg_lsn      not null default '0/0',  -- the last transaction that is wholly in the mirror
  lsn          pg_lsn      not null default '0/0',
  open_epoch   int,                                 -- a transaction of which only a part is in the mirror:
  open_base    pg_lsn,                              -- nothing is derived until it is complete
  loaded_epoch int         not null default 0,      -- rows of older epochs are refused
  marker_id    text        not null default '',
  marker_ts    timestamptz,
  applied      bigint      not null default 0,      -- records, over the domain's life
  start        text        not null default '',     -- the newest generation's first record: the shapes of the source's tables
  start_generation bigint  not null default 0,
  updated_at   timestamptz not null default now(),
  check ((open_epoch is null) = (open_base is null))
);

-- Everything that waits to be derived. A reason means that it is parked.
create table crossfade.dirty (
  domain   text        not null,
  type     text        not null,
  id       text        not null,
  since    timestamptz not null default now(),
  reason   text,
  attempts int         not null default 0,
  next_try timestamptz not null default now(),
  primary key (domain, type, id)
);
create index on crossfade.dirty (domain, next_try);

-- Positions of deleted rows, outside the tables that mappings see.
create table crossfade.deleted (
  table_name text        not null,
  key        text        not null,
  aggregate  text,
  epoch      int         not null,
  base       pg_lsn      not null,
  lsn        pg_lsn      not null,
  deleted_at timestamptz not null default now(),
  primary key (table_name, key)
);
create index on crossfade.deleted (deleted_at);

-- Position of the last TRUNCATE of a mirrored table: nothing older comes back.
create table crossfade.floor (
  table_name text   primary key,
  epoch      int    not null,
  base       pg_lsn not null,
  lsn        pg_lsn not null
);

-- Fences that are through. Heartbeats are in progress only.
create table crossfade.marker (
  domain       text        not null,
  id           text        not null,
  epoch        int         not null,
  base         pg_lsn      not null,
  lsn          pg_lsn      not null,
  committed_at timestamptz not null default now(),
  primary key (domain, id)
);

-- A name-based UUID (RFC 9562, version 5) for ids that change their type on the way:
-- uuid5(kind, id) = v5(v5(URL namespace, 'crossfade:' || kind), id).
do $$
begin
  create extension if not exists "uuid-ossp" with schema crossfade;
exception when insufficient_privilege or undefined_file or feature_not_supported then
  raise notice 'extension uuid-ossp cannot be created here, crossfade.uuid5() will say so';
end $$;

do $$
declare
  home text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
                where e.extname = 'uuid-ossp');
begin
  if home is null then
    create function crossfade.uuid5(kind text, id text) returns uuid language plpgsql as $f$
    begin
      raise exception 'crossfade.uuid5() needs the extension uuid-ossp'
        using hint = 'as a superuser: create extension "uuid-ossp"; then define crossfade.uuid5 as docs/operations.md says';
    end $f$;
  else
    execute format($f$
      create function crossfade.uuid5(kind text, id text) returns uuid
      language sql immutable strict parallel safe as
      'select %1$I.uuid_generate_v5(%1$I.uuid_generate_v5(%1$I.uuid_ns_url(), ''crossfade:'' || $1), $2)' $f$, home);
  end if;
end $$;
