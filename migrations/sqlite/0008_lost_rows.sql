-- A restored server gets again what it has lost. Such an entry is no mere edit of its base: what the row was edited on is of another history.
-- And unlike a row that was made here another device may have it, too: so its deletion has to be told, whether or not it was sent by then.
alter table sync_queue add column sent_again integer not null default 0 check (sent_again in (0, 1));
create trigger sync_queue_keep_lost before delete on sync_queue
when (select value from sync_meta where key = 'applying') = '0' and old.sent_again = 1 and old.operation = 'delete' and old.status = 'pending'
begin
  select raise(ignore);
end;
