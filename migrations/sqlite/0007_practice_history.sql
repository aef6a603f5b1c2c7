-- The analysis and the practice history read every rating, in the order of their time, and few of the columns: without this, all of the table (60 MB
-- for 100,000 ratings).
create index practice_record_history_idx on practice_record
  (practiced, tune_ref, playlist_ref, quality, easiness, state, step, "interval")
  where deleted = 0 and practiced is not null and quality is not null;
