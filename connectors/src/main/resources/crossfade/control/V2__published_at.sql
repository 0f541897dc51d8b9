-- When the transaction was committed that ends at published_lsn, by the source's clock: another log may have a
-- transaction that ends at the same place. Null if it is not known.
alter table crossfade.capture add column published_at timestamptz;
