-- A row that is made and deleted again before anything was sent leaves no trace in the outbox. Its entry goes at the end of the transaction
-- (`store/outbox/unsent.rs`), no longer by the triggers of each table: with what may hang on such a row (0006) and what has to be told all the same
-- (0008) that was half of what SQLite had to prepare for any update of any row.
drop trigger sync_queue_keep_parent;
drop trigger sync_queue_keep_lost;

drop trigger user_profile_queue_update;
create trigger user_profile_queue_update after update on user_profile
when (select value from sync_meta where key = 'applying') = '0' and (old.name is not new.name
    or old.email is not new.email
    or old.sr_alg_type is not new.sr_alg_type
    or old.phone is not new.phone
    or old.phone_verified is not new.phone_verified
    or old.acceptable_delinquency_window is not new.acceptable_delinquency_window
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'user_profile', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'name', old.name,
      'email', old.email,
      'sr_alg_type', old.sr_alg_type,
      'phone', old.phone,
      'phone_verified', old.phone_verified,
      'acceptable_delinquency_window', old.acceptable_delinquency_window,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger instrument_queue_update;
create trigger instrument_queue_update after update on instrument
when (select value from sync_meta where key = 'applying') = '0' and (old.private_to_user is not new.private_to_user
    or old.instrument is not new.instrument
    or old.description is not new.description
    or old.genre_default is not new.genre_default
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'instrument', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'private_to_user', old.private_to_user,
      'instrument', old.instrument,
      'description', old.description,
      'genre_default', old.genre_default,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger prefs_spaced_repetition_queue_update;
create trigger prefs_spaced_repetition_queue_update after update on prefs_spaced_repetition
when (select value from sync_meta where key = 'applying') = '0' and (old.user_id is not new.user_id
    or old.alg_type is not new.alg_type
    or old.fsrs_weights is not new.fsrs_weights
    or old.request_retention is not new.request_retention
    or old.maximum_interval is not new.maximum_interval
    or old.learning_steps is not new.learning_steps
    or old.relearning_steps is not new.relearning_steps
    or old.enable_fuzzing is not new.enable_fuzzing
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'prefs_spaced_repetition', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_id', old.user_id,
      'alg_type', old.alg_type,
      'fsrs_weights', old.fsrs_weights,
      'request_retention', old.request_retention,
      'maximum_interval', old.maximum_interval,
      'learning_steps', old.learning_steps,
      'relearning_steps', old.relearning_steps,
      'enable_fuzzing', old.enable_fuzzing,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger prefs_scheduling_options_queue_update;
create trigger prefs_scheduling_options_queue_update after update on prefs_scheduling_options
when (select value from sync_meta where key = 'applying') = '0' and (old.user_id is not new.user_id
    or old.acceptable_delinquency_window is not new.acceptable_delinquency_window
    or old.min_reviews_per_day is not new.min_reviews_per_day
    or old.max_reviews_per_day is not new.max_reviews_per_day
    or old.days_per_week is not new.days_per_week
    or old.weekly_rules is not new.weekly_rules
    or old.exceptions is not new.exceptions
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'prefs_scheduling_options', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_id', old.user_id,
      'acceptable_delinquency_window', old.acceptable_delinquency_window,
      'min_reviews_per_day', old.min_reviews_per_day,
      'max_reviews_per_day', old.max_reviews_per_day,
      'days_per_week', old.days_per_week,
      'weekly_rules', old.weekly_rules,
      'exceptions', old.exceptions,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger tune_queue_update;
create trigger tune_queue_update after update on tune
when (select value from sync_meta where key = 'applying') = '0' and (old.title is not new.title
    or old.type is not new.type
    or old.structure is not new.structure
    or old.mode is not new.mode
    or old.incipit is not new.incipit
    or old.genre is not new.genre
    or old.private_for is not new.private_for
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'tune', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'title', old.title,
      'type', old.type,
      'structure', old.structure,
      'mode', old.mode,
      'incipit', old.incipit,
      'genre', old.genre,
      'private_for', old.private_for,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger tune_override_queue_update;
create trigger tune_override_queue_update after update on tune_override
when (select value from sync_meta where key = 'applying') = '0' and (old.tune_ref is not new.tune_ref
    or old.user_ref is not new.user_ref
    or old.title is not new.title
    or old.type is not new.type
    or old.structure is not new.structure
    or old.mode is not new.mode
    or old.incipit is not new.incipit
    or old.genre is not new.genre
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'tune_override', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'tune_ref', old.tune_ref,
      'user_ref', old.user_ref,
      'title', old.title,
      'type', old.type,
      'structure', old.structure,
      'mode', old.mode,
      'incipit', old.incipit,
      'genre', old.genre,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger playlist_queue_update;
create trigger playlist_queue_update after update on playlist
when (select value from sync_meta where key = 'applying') = '0' and (old.user_ref is not new.user_ref
    or old.name is not new.name
    or old.instrument_ref is not new.instrument_ref
    or old.genre_default is not new.genre_default
    or old.sr_alg_type is not new.sr_alg_type
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'playlist', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_ref', old.user_ref,
      'name', old.name,
      'instrument_ref', old.instrument_ref,
      'genre_default', old.genre_default,
      'sr_alg_type', old.sr_alg_type,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger playlist_tune_queue_update;
create trigger playlist_tune_queue_update after update on playlist_tune
when (select value from sync_meta where key = 'applying') = '0' and (old.user_ref is not new.user_ref
    or old.playlist_ref is not new.playlist_ref
    or old.tune_ref is not new.tune_ref
    or old."current" is not new."current"
    or old.learned is not new.learned
    or old.scheduled is not new.scheduled
    or old.goal is not new.goal
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'playlist_tune', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_ref', old.user_ref,
      'playlist_ref', old.playlist_ref,
      'tune_ref', old.tune_ref,
      'current', old."current",
      'learned', old.learned,
      'scheduled', old.scheduled,
      'goal', old.goal,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger note_queue_update;
create trigger note_queue_update after update on note
when (select value from sync_meta where key = 'applying') = '0' and (old.user_ref is not new.user_ref
    or old.tune_ref is not new.tune_ref
    or old.playlist_ref is not new.playlist_ref
    or old.created_date is not new.created_date
    or old.note_text is not new.note_text
    or old.public is not new.public
    or old.favorite is not new.favorite
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'note', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_ref', old.user_ref,
      'tune_ref', old.tune_ref,
      'playlist_ref', old.playlist_ref,
      'created_date', old.created_date,
      'note_text', old.note_text,
      'public', old.public,
      'favorite', old.favorite,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger reference_queue_update;
create trigger reference_queue_update after update on "reference"
when (select value from sync_meta where key = 'applying') = '0' and (old.url is not new.url
    or old.ref_type is not new.ref_type
    or old.tune_ref is not new.tune_ref
    or old.user_ref is not new.user_ref
    or old.comment is not new.comment
    or old.title is not new.title
    or old.public is not new.public
    or old.favorite is not new.favorite
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'reference', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'url', old.url,
      'ref_type', old.ref_type,
      'tune_ref', old.tune_ref,
      'user_ref', old.user_ref,
      'comment', old.comment,
      'title', old.title,
      'public', old.public,
      'favorite', old.favorite,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger tag_queue_update;
create trigger tag_queue_update after update on tag
when (select value from sync_meta where key = 'applying') = '0' and (old.user_ref is not new.user_ref
    or old.tune_ref is not new.tune_ref
    or old.tag_text is not new.tag_text
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'tag', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_ref', old.user_ref,
      'tune_ref', old.tune_ref,
      'tag_text', old.tag_text,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger practice_record_queue_update;
create trigger practice_record_queue_update after update on practice_record
when (select value from sync_meta where key = 'applying') = '0' and (old.user_ref is not new.user_ref
    or old.playlist_ref is not new.playlist_ref
    or old.tune_ref is not new.tune_ref
    or old.practiced is not new.practiced
    or old.quality is not new.quality
    or old.easiness is not new.easiness
    or old.difficulty is not new.difficulty
    or old.stability is not new.stability
    or old."interval" is not new."interval"
    or old.step is not new.step
    or old.repetitions is not new.repetitions
    or old.lapses is not new.lapses
    or old.elapsed_days is not new.elapsed_days
    or old.state is not new.state
    or old.due is not new.due
    or old.backup_practiced is not new.backup_practiced
    or old.goal is not new.goal
    or old.technique is not new.technique
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'practice_record', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_ref', old.user_ref,
      'playlist_ref', old.playlist_ref,
      'tune_ref', old.tune_ref,
      'practiced', old.practiced,
      'quality', old.quality,
      'easiness', old.easiness,
      'difficulty', old.difficulty,
      'stability', old.stability,
      'interval', old."interval",
      'step', old.step,
      'repetitions', old.repetitions,
      'lapses', old.lapses,
      'elapsed_days', old.elapsed_days,
      'state', old.state,
      'due', old.due,
      'backup_practiced', old.backup_practiced,
      'goal', old.goal,
      'technique', old.technique,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger daily_practice_queue_queue_update;
create trigger daily_practice_queue_queue_update after update on daily_practice_queue
when (select value from sync_meta where key = 'applying') = '0' and (old.user_ref is not new.user_ref
    or old.playlist_ref is not new.playlist_ref
    or old.tune_ref is not new.tune_ref
    or old.mode is not new.mode
    or old.queue_date is not new.queue_date
    or old.window_start_utc is not new.window_start_utc
    or old.window_end_utc is not new.window_end_utc
    or old.bucket is not new.bucket
    or old.order_index is not new.order_index
    or old.snapshot_coalesced_ts is not new.snapshot_coalesced_ts
    or old.scheduled_snapshot is not new.scheduled_snapshot
    or old.latest_due_snapshot is not new.latest_due_snapshot
    or old.acceptable_delinquency_window_snapshot is not new.acceptable_delinquency_window_snapshot
    or old.tz_offset_minutes_snapshot is not new.tz_offset_minutes_snapshot
    or old.generated_at is not new.generated_at
    or old.completed_at is not new.completed_at
    or old.exposures_required is not new.exposures_required
    or old.exposures_completed is not new.exposures_completed
    or old.outcome is not new.outcome
    or old.active is not new.active
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'daily_practice_queue', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_ref', old.user_ref,
      'playlist_ref', old.playlist_ref,
      'tune_ref', old.tune_ref,
      'mode', old.mode,
      'queue_date', old.queue_date,
      'window_start_utc', old.window_start_utc,
      'window_end_utc', old.window_end_utc,
      'bucket', old.bucket,
      'order_index', old.order_index,
      'snapshot_coalesced_ts', old.snapshot_coalesced_ts,
      'scheduled_snapshot', old.scheduled_snapshot,
      'latest_due_snapshot', old.latest_due_snapshot,
      'acceptable_delinquency_window_snapshot', old.acceptable_delinquency_window_snapshot,
      'tz_offset_minutes_snapshot', old.tz_offset_minutes_snapshot,
      'generated_at', old.generated_at,
      'completed_at', old.completed_at,
      'exposures_required', old.exposures_required,
      'exposures_completed', old.exposures_completed,
      'outcome', old.outcome,
      'active', old.active,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger tab_group_main_state_queue_update;
create trigger tab_group_main_state_queue_update after update on tab_group_main_state
when (select value from sync_meta where key = 'applying') = '0' and (old.user_id is not new.user_id
    or old.which_tab is not new.which_tab
    or old.playlist_id is not new.playlist_id
    or old.tab_spec is not new.tab_spec
    or old.practice_show_submitted is not new.practice_show_submitted
    or old.practice_mode_flashcard is not new.practice_mode_flashcard
    or old.sidebar_dock_position is not new.sidebar_dock_position
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'tab_group_main_state', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_id', old.user_id,
      'which_tab', old.which_tab,
      'playlist_id', old.playlist_id,
      'tab_spec', old.tab_spec,
      'practice_show_submitted', old.practice_show_submitted,
      'practice_mode_flashcard', old.practice_mode_flashcard,
      'sidebar_dock_position', old.sidebar_dock_position,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger table_state_queue_update;
create trigger table_state_queue_update after update on table_state
when (select value from sync_meta where key = 'applying') = '0' and (old.user_id is not new.user_id
    or old.screen_size is not new.screen_size
    or old.purpose is not new.purpose
    or old.playlist_id is not new.playlist_id
    or old.settings is not new.settings
    or old.current_tune is not new.current_tune
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'table_state', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_id', old.user_id,
      'screen_size', old.screen_size,
      'purpose', old.purpose,
      'playlist_id', old.playlist_id,
      'settings', old.settings,
      'current_tune', old.current_tune,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;

drop trigger table_transient_data_queue_update;
create trigger table_transient_data_queue_update after update on table_transient_data
when (select value from sync_meta where key = 'applying') = '0' and (old.user_id is not new.user_id
    or old.tune_id is not new.tune_id
    or old.playlist_id is not new.playlist_id
    or old.purpose is not new.purpose
    or old.note_private is not new.note_private
    or old.note_public is not new.note_public
    or old.recall_eval is not new.recall_eval
    or old.practiced is not new.practiced
    or old.quality is not new.quality
    or old.easiness is not new.easiness
    or old.difficulty is not new.difficulty
    or old.stability is not new.stability
    or old."interval" is not new."interval"
    or old.step is not new.step
    or old.repetitions is not new.repetitions
    or old.due is not new.due
    or old.backup_practiced is not new.backup_practiced
    or old.goal is not new.goal
    or old.technique is not new.technique
    or old.state is not new.state
    or old.deleted is not new.deleted)
begin
  insert into sync_queue (txn, table_name, row_id, operation, base, created_at)
  values (
    (select cast(value as integer) from sync_meta where key = 'txn'), 'table_transient_data', new.id,
    case when new.deleted then 'delete' when old.sync_version = 0 then 'insert' else 'update' end,
    case when old.sync_version > 0 then json_object(
      'id', old.id,
      'user_id', old.user_id,
      'tune_id', old.tune_id,
      'playlist_id', old.playlist_id,
      'purpose', old.purpose,
      'note_private', old.note_private,
      'note_public', old.note_public,
      'recall_eval', old.recall_eval,
      'practiced', old.practiced,
      'quality', old.quality,
      'easiness', old.easiness,
      'difficulty', old.difficulty,
      'stability', old.stability,
      'interval', old."interval",
      'step', old.step,
      'repetitions', old.repetitions,
      'due', old.due,
      'backup_practiced', old.backup_practiced,
      'goal', old.goal,
      'technique', old.technique,
      'state', old.state,
      'sync_version', old.sync_version,
      'last_modified_at', old.last_modified_at,
      'device_id', old.device_id,
      'deleted', old.deleted) end,
    new.last_modified_at)
  on conflict (table_name, row_id) do update set
    txn = excluded.txn, revision = revision + 1, status = 'pending', refused_code = null, refused_message = null,
    operation = case when new.deleted then 'delete' when base is null then 'insert' else 'update' end;
end;
