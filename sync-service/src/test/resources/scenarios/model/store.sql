-- In every store: the ledger's target, and triggers that notice what must not happen.
create table ledger (id integer primary key, n bigint not null, mark text not null);
create table noticed_idle (tab text, at timestamptz default now());
create table noticed_life (n bigint generated always as identity, tab text, key text, op text, tx xid8 default pg_current_xact_id());
create function notice_idle() returns trigger language plpgsql as $$
begin
  if old is not distinct from new then insert into noticed_idle values (tg_table_name); end if;
  return null;
end $$;
create function notice_life() returns trigger language plpgsql as $$
begin
  insert into noticed_life (tab, key, op)
  values (tg_table_name, (select string_agg(to_jsonb(case tg_op when 'DELETE' then old else new end) ->> a, '/' order by a) from unnest(tg_argv) a), tg_op);
  return null;
end $$;
do $$ declare t record; begin
  for t in select c.relname, string_agg(quote_literal(a.attname), ', ') as keys
           from pg_index i join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace
           join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
           where i.indisprimary and n.nspname = 'public' and c.relname <> 'openings' group by 1 loop
    execute format('create trigger zz_notice_idle after update on %I for each row execute function notice_idle()', t.relname);
    execute format('create trigger zz_notice_life after insert or delete on %I for each row execute function notice_life(%s)', t.relname, t.keys);
  end loop;
end $$;
