-- How far the mirror has ever been: a replay sets the progress back, and not this. Rows that were
-- born after it are in no part of the mirror, nor among the deleted. Of a store from before, the
-- positions of the deleted rows, which a replay may be behind, tell it.
alter table crossfade.progress
  add furthest_epoch int    not null default 0,
  add furthest_base  pg_lsn not null default '0/0',
  add furthest_lsn   pg_lsn not null default '0/0';

with last as materialized (
  select d.epoch, d.base, d.lsn from crossfade.deleted d order by 1 desc, 2 desc, 3 desc limit 1)
update crossfade.progress p
set (furthest_epoch, furthest_base, furthest_lsn) = (
  select x.epoch, x.base, x.lsn
  from (select * from last union all select p.epoch, p.base, p.lsn) x
  order by 1 desc, 2 desc, 3 desc
  limit 1);
