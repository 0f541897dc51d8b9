-- Made once Crossfade's own functions are there.
create view snapshot as
  select l.n, l.mark,
    (select count(*) || ':' || coalesce(sum(hashtext(target || key || coalesce(content, '~'))::bigint), 0) from seen) as found
  from ledger l;
