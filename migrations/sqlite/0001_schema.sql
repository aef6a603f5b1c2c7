-- The 19 tables of TuneTrees on a device: the mirror of migrations/postgres (tests/schema_parity.rs compares them).
-- uuid = text, timestamptz = text in the one form YYYY-MM-DDTHH:MM:SS.ffffffZ, boolean = 0/1, date = YYYY-MM-DD.
-- note and reference have fewer foreign keys than the server: the public ones of other people refer to rows only they may see.

-- A tradition: ITRAD, OTIME … Reference data, read-only for clients.
create table genre (
  id text not null primary key,
  name text,
  region text,
  description text
) strict;

-- A kind of tune: reel, jig … Reference data.
create table tune_type (
  id text not null primary key,
  name text,
  rhythm text,
  description text
) strict;

-- Which kinds of tune a genre knows. Reference data.
create table genre_tune_type (
  genre_id text not null references genre (id),
  tune_type_id text not null references tune_type (id),
  primary key (genre_id, tune_type_id)
) strict;

-- A person. The id is the id of the auth account.
create table user_profile (
  id text not null primary key,
  name text,
  email text,
  sr_alg_type text,
  phone text,
  phone_verified text check (phone_verified glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  acceptable_delinquency_window integer default 21,
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1))
) strict;

-- An instrument; private_to_user null = offered to everybody.
create table instrument (
  id text not null primary key,
  private_to_user text references user_profile (id),
  instrument text,
  description text,
  genre_default text references genre (id),
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint instrument_key unique (private_to_user, instrument)
) strict;

-- Scheduler settings of a person, one row an algorithm. Steps are JSON arrays of minutes.
create table prefs_spaced_repetition (
  id text not null primary key,
  user_id text not null references user_profile (id),
  alg_type text not null,
  fsrs_weights text,
  request_retention real,
  maximum_interval integer,
  learning_steps text,
  relearning_steps text,
  enable_fuzzing integer check (enable_fuzzing in (0, 1)),
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint prefs_spaced_repetition_key unique (user_id, alg_type),
  constraint prefs_spaced_repetition_alg_type_check check (alg_type in ('SM2', 'FSRS'))
) strict;

-- How much a person wants to practise, and when.
create table prefs_scheduling_options (
  id text not null primary key,
  user_id text not null references user_profile (id),
  acceptable_delinquency_window integer not null default 21,
  min_reviews_per_day integer,
  max_reviews_per_day integer,
  days_per_week integer,
  weekly_rules text,
  exceptions text,
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint prefs_scheduling_options_key unique (user_id)
) strict;

-- A tune; private_for null = in the public catalog.
create table tune (
  id text not null primary key,
  title text,
  type text,
  structure text,
  mode text,
  incipit text,
  genre text references genre (id),
  private_for text references user_profile (id),
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1))
) strict;
create index tune_title_idx on tune (title);

-- A person's own values for a public tune; null = as in the catalog.
create table tune_override (
  id text not null primary key,
  tune_ref text not null references tune (id),
  user_ref text not null references user_profile (id),
  title text,
  type text,
  structure text,
  mode text,
  incipit text,
  genre text references genre (id),
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint tune_override_key unique (tune_ref, user_ref)
) strict;

-- A repertoire: the tunes a person plays on one instrument.
create table playlist (
  id text not null primary key,
  user_ref text not null references user_profile (id),
  name text,
  instrument_ref text references instrument (id),
  genre_default text references genre (id),
  sr_alg_type text,
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1))
) strict;
create index playlist_user_ref_idx on playlist (user_ref);

-- A tune in a repertoire. current = last computed due, scheduled = manual override of the next due.
create table playlist_tune (
  id text not null primary key,
  user_ref text not null references user_profile (id),
  playlist_ref text not null references playlist (id),
  tune_ref text not null references tune (id),
  "current" text check ("current" glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  learned text check (learned glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  scheduled text check (scheduled glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  goal text default 'recall',
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint playlist_tune_key unique (playlist_ref, tune_ref)
) strict;
create index playlist_tune_tune_ref_idx on playlist_tune (tune_ref);

-- A note on a tune (HTML).
create table note (
  id text not null primary key,
  user_ref text,
  tune_ref text not null,
  playlist_ref text,
  created_date text check (created_date glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  note_text text,
  public integer not null default 0 check (public in (0, 1)),
  favorite integer check (favorite in (0, 1)),
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1))
) strict;
create index note_tune_ref_playlist_ref_idx on note (tune_ref, playlist_ref);
create index note_tune_ref_user_ref_idx on note (tune_ref, user_ref);

-- A link kept with a tune.
create table "reference" (
  id text not null primary key,
  url text not null,
  ref_type text,
  tune_ref text not null,
  user_ref text,
  comment text,
  title text,
  public integer check (public in (0, 1)),
  favorite integer check (favorite in (0, 1)),
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint reference_ref_type_check check (ref_type in ('website', 'audio', 'video', 'sheet-music', 'article', 'social', 'lesson', 'other'))
) strict;
create index reference_tune_ref_public_idx on "reference" (tune_ref, public);
create index reference_tune_ref_user_ref_idx on "reference" (tune_ref, user_ref);

-- A person's word on a tune.
create table tag (
  id text not null primary key,
  user_ref text not null references user_profile (id),
  tune_ref text not null references tune (id),
  tag_text text not null,
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint tag_key unique (user_ref, tune_ref, tag_text)
) strict;
create index tag_user_ref_tag_text_idx on tag (user_ref, tag_text);

-- One rating of one tune. Append-only: only deleted may change. quality is 1–4, or 0–5 (SM2) where easiness is set.
create table practice_record (
  id text not null primary key,
  user_ref text not null references user_profile (id),
  playlist_ref text not null references playlist (id),
  tune_ref text not null references tune (id),
  practiced text check (practiced glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  quality integer,
  easiness real,
  difficulty real,
  stability real,
  "interval" integer,
  step integer,
  repetitions integer,
  lapses integer,
  elapsed_days integer,
  state integer,
  due text check (due glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  backup_practiced text check (backup_practiced glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  goal text default 'recall',
  technique text,
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint practice_record_key unique (tune_ref, playlist_ref, practiced),
  constraint practice_record_quality_check check (quality between 0 and 5)
) strict;
create index practice_record_playlist_ref_tune_ref_practiced_idx on practice_record (playlist_ref, tune_ref, practiced);

-- A day's frozen practice queue, one row a tune. queue_date is the local calendar day.
create table daily_practice_queue (
  id text not null primary key,
  user_ref text not null references user_profile (id),
  playlist_ref text not null references playlist (id),
  tune_ref text not null references tune (id),
  mode text,
  queue_date text not null check (queue_date glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
  window_start_utc text not null check (window_start_utc glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  window_end_utc text not null check (window_end_utc glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  bucket integer not null,
  order_index integer not null,
  snapshot_coalesced_ts text not null check (snapshot_coalesced_ts glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  scheduled_snapshot text,
  latest_due_snapshot text,
  acceptable_delinquency_window_snapshot integer,
  tz_offset_minutes_snapshot integer,
  generated_at text not null check (generated_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  completed_at text check (completed_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  exposures_required integer,
  exposures_completed integer default 0,
  outcome text,
  active integer not null default 1 check (active in (0, 1)),
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint daily_practice_queue_key unique (user_ref, playlist_ref, queue_date, tune_ref),
  constraint daily_practice_queue_bucket_check check (bucket between 1 and 4)
) strict;
create index daily_practice_queue_active_idx on daily_practice_queue (user_ref, playlist_ref, queue_date, active);

-- What a person last had open.
create table tab_group_main_state (
  id text not null primary key,
  user_id text not null references user_profile (id),
  which_tab text default 'scheduled',
  playlist_id text references playlist (id),
  tab_spec text,
  practice_show_submitted integer default 0 check (practice_show_submitted in (0, 1)),
  practice_mode_flashcard integer default 0 check (practice_mode_flashcard in (0, 1)),
  sidebar_dock_position text default 'left',
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint tab_group_main_state_which_tab_check check (which_tab in ('scheduled', 'repertoire', 'catalog', 'analysis'))
) strict;

-- Columns, order, filters of one table on one screen size.
create table table_state (
  id text not null primary key,
  user_id text not null references user_profile (id),
  screen_size text not null,
  purpose text not null,
  playlist_id text not null references playlist (id),
  settings text,
  current_tune text,
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint table_state_key unique (user_id, screen_size, purpose, playlist_id),
  constraint table_state_screen_size_check check (screen_size in ('small', 'full')),
  constraint table_state_purpose_check check (purpose in ('practice', 'repertoire', 'catalog', 'analysis'))
) strict;

-- A staged evaluation: chosen, not yet submitted.
create table table_transient_data (
  id text not null primary key,
  user_id text not null references user_profile (id),
  tune_id text not null references tune (id),
  playlist_id text not null references playlist (id),
  purpose text,
  note_private text,
  note_public text,
  recall_eval text,
  practiced text check (practiced glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  quality integer,
  easiness real,
  difficulty real,
  stability real,
  "interval" integer,
  step integer,
  repetitions integer,
  due text check (due glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  backup_practiced text check (backup_practiced glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  goal text,
  technique text,
  state integer default 2,
  sync_version integer not null default 0,
  last_modified_at text not null check (last_modified_at glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'),
  device_id text,
  deleted integer not null default 0 check (deleted in (0, 1)),
  constraint table_transient_data_key unique (user_id, tune_id, playlist_id)
) strict;
