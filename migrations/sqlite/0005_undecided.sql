-- A field changed here and elsewhere may wait for the person's word: the row it belongs to is not sent until then.
alter table sync_conflict add column undecided integer not null default 0 check (undecided in (0, 1));
create index sync_conflict_undecided_idx on sync_conflict (table_name, row_id) where undecided = 1;
create index sync_conflict_unreviewed_idx on sync_conflict (detected_at) where reviewed_at is null;
