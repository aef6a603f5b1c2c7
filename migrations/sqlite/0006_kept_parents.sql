-- A tune, repertoire or instrument that is made and deleted again before anything was sent leaves no trace, unless something that waits
-- to be sent hangs on it: then its tombstone goes first, or the server would refuse the rest for want of it.
create trigger sync_queue_keep_parent before delete on sync_queue
when (select value from sync_meta where key = 'applying') = '0' and old.base is null and old.sent_revision is null
  and old.table_name in ('instrument', 'tune', 'playlist')
  and exists (
    select 1 from sync_queue q where q.seq <> old.seq and case q.table_name
      when 'playlist' then exists (select 1 from playlist c where c.id = q.row_id and c.instrument_ref = old.row_id)
      when 'tune_override' then exists (select 1 from tune_override c where c.id = q.row_id and c.tune_ref = old.row_id)
      when 'playlist_tune' then exists (select 1 from playlist_tune c where c.id = q.row_id and old.row_id in (c.tune_ref, c.playlist_ref))
      when 'note' then exists (select 1 from note c where c.id = q.row_id and old.row_id in (c.tune_ref, c.playlist_ref))
      when 'reference' then exists (select 1 from "reference" c where c.id = q.row_id and c.tune_ref = old.row_id)
      when 'tag' then exists (select 1 from tag c where c.id = q.row_id and c.tune_ref = old.row_id)
      when 'practice_record' then exists (select 1 from practice_record c where c.id = q.row_id and old.row_id in (c.tune_ref, c.playlist_ref))
      when 'daily_practice_queue' then exists (select 1 from daily_practice_queue c where c.id = q.row_id and old.row_id in (c.tune_ref, c.playlist_ref))
      when 'tab_group_main_state' then exists (select 1 from tab_group_main_state c where c.id = q.row_id and c.playlist_id = old.row_id)
      when 'table_state' then exists (select 1 from table_state c where c.id = q.row_id and c.playlist_id = old.row_id)
      when 'table_transient_data' then exists (select 1 from table_transient_data c where c.id = q.row_id and old.row_id in (c.tune_id, c.playlist_id))
    end)
begin
  select raise(ignore);
end;
