-- Made once Crossfade's own functions are there.
create view snapshot as
  select l.n, l.mark,
    (select count(*) || ':' || coalesce(sum(hashtext(target || key || coalesce(content, '~'))::bigint), 0) from seen) as found,
    -- a load is derived in portions, and readers see it come
    exists (select from crossfade.dirty where reason is null)
      and not exists (select from crossfade.progress where open_epoch is not null) as deriving
  from ledger l;
