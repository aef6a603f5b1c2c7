-- A restored server may not have a row any more that it once had. It is sent as new, but unlike a row that was made here another device
-- may have it, too: so its deletion has to be told, whether or not it was sent again by then.
alter table sync_queue add column was_there integer not null default 0 check (was_there in (0, 1));
create trigger sync_queue_keep_lost before delete on sync_queue
when (select value from sync_meta where key = 'applying') = '0' and old.was_there = 1 and old.operation = 'delete' and old.status = 'pending'
begin
  select raise(ignore);
end;
