-- A full compare with the server: which rows have come so far, so that at its end those that did not are known. Kept with the pages,
-- so that it goes on after a restart.
create table sync_seen (
  reader text not null,
  table_name text not null,
  row_id text not null,
  primary key (reader, table_name, row_id)
) strict, without rowid;

-- Refused, or held back, because the server does not have this row yet (its id): the entry comes back together with it.
alter table sync_queue add column cause text;
create index sync_queue_cause_idx on sync_queue (cause) where cause is not null;
