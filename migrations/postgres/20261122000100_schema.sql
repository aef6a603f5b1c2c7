-- The 19 tables of TuneTrees. Ids are UUIDs made by the clients; times are UTC with microseconds.
-- Sync columns: sync_version is raised by the server only; last_modified_at is the device's write time;
-- deleted is a tombstone. sync_xid is the transaction that last wrote the row: the position that sync_pull pages by.

create table public.genre (
  id text not null primary key,
  name text,
  region text,
  description text,
  sync_xid xid8 not null default pg_current_xact_id()
);
comment on table public.genre is 'A tradition: ITRAD, OTIME … Reference data, read-only for clients.';
create index genre_pull_idx on public.genre (sync_xid);

create table public.tune_type (
  id text not null primary key,
  name text,
  rhythm text,
  description text,
  sync_xid xid8 not null default pg_current_xact_id()
);
comment on table public.tune_type is 'A kind of tune: reel, jig … Reference data.';
create index tune_type_pull_idx on public.tune_type (sync_xid);

create table public.genre_tune_type (
  genre_id text not null references public.genre (id),
  tune_type_id text not null references public.tune_type (id),
  sync_xid xid8 not null default pg_current_xact_id(),
  primary key (genre_id, tune_type_id)
);
comment on table public.genre_tune_type is 'Which kinds of tune a genre knows. Reference data.';
create index genre_tune_type_pull_idx on public.genre_tune_type (sync_xid);

create table public.user_profile (
  id uuid not null primary key references auth.users (id) on delete cascade,
  name text,
  email text,
  sr_alg_type text,
  phone text,
  phone_verified timestamptz,
  acceptable_delinquency_window integer default 21,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id()
);
comment on table public.user_profile is 'A person. The id is the id of the auth account.';

create table public.instrument (
  id uuid not null primary key,
  private_to_user uuid references public.user_profile (id),
  instrument text,
  description text,
  genre_default text references public.genre (id),
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint instrument_key unique (private_to_user, instrument)
);
comment on table public.instrument is 'An instrument; private_to_user null = offered to everybody.';
create index instrument_pull_idx on public.instrument (private_to_user, sync_xid, id);

create table public.prefs_spaced_repetition (
  id uuid not null primary key,
  user_id uuid not null references public.user_profile (id),
  alg_type text not null,
  fsrs_weights text,
  request_retention double precision,
  maximum_interval integer,
  learning_steps text,
  relearning_steps text,
  enable_fuzzing boolean,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint prefs_spaced_repetition_key unique (user_id, alg_type),
  constraint prefs_spaced_repetition_alg_type_check check (alg_type in ('SM2', 'FSRS'))
);
comment on table public.prefs_spaced_repetition is 'Scheduler settings of a person, one row an algorithm. Steps are JSON arrays of minutes.';
create index prefs_spaced_repetition_pull_idx on public.prefs_spaced_repetition (user_id, sync_xid, id);

create table public.prefs_scheduling_options (
  id uuid not null primary key,
  user_id uuid not null references public.user_profile (id),
  acceptable_delinquency_window integer not null default 21,
  min_reviews_per_day integer,
  max_reviews_per_day integer,
  days_per_week integer,
  weekly_rules text,
  exceptions text,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint prefs_scheduling_options_key unique (user_id)
);
comment on table public.prefs_scheduling_options is 'How much a person wants to practise, and when.';
create index prefs_scheduling_options_pull_idx on public.prefs_scheduling_options (user_id, sync_xid, id);

create table public.tune (
  id uuid not null primary key,
  title text,
  type text,
  structure text,
  mode text,
  incipit text,
  genre text references public.genre (id),
  private_for uuid references public.user_profile (id),
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id()
);
comment on table public.tune is 'A tune; private_for null = in the public catalog.';
create index tune_pull_idx on public.tune (private_for, sync_xid, id);
create index tune_title_idx on public.tune (title);

create table public.tune_override (
  id uuid not null primary key,
  tune_ref uuid not null references public.tune (id),
  user_ref uuid not null references public.user_profile (id),
  title text,
  type text,
  structure text,
  mode text,
  incipit text,
  genre text references public.genre (id),
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint tune_override_key unique (tune_ref, user_ref)
);
comment on table public.tune_override is 'A person''s own values for a public tune; null = as in the catalog.';
create index tune_override_pull_idx on public.tune_override (user_ref, sync_xid, id);

create table public.playlist (
  id uuid not null primary key,
  user_ref uuid not null references public.user_profile (id),
  name text,
  instrument_ref uuid references public.instrument (id),
  genre_default text references public.genre (id),
  sr_alg_type text,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id()
);
comment on table public.playlist is 'A repertoire: the tunes a person plays on one instrument.';
create index playlist_pull_idx on public.playlist (user_ref, sync_xid, id);
create index playlist_user_ref_idx on public.playlist (user_ref);
create index playlist_instrument_ref_idx on public.playlist (instrument_ref);

create table public.playlist_tune (
  id uuid not null primary key,
  user_ref uuid not null references public.user_profile (id),
  playlist_ref uuid not null references public.playlist (id),
  tune_ref uuid not null references public.tune (id),
  "current" timestamptz,
  learned timestamptz,
  scheduled timestamptz,
  goal text default 'recall',
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint playlist_tune_key unique (playlist_ref, tune_ref)
);
comment on table public.playlist_tune is 'A tune in a repertoire. current = last computed due, scheduled = manual override of the next due.';
create index playlist_tune_pull_idx on public.playlist_tune (user_ref, sync_xid, id);
create index playlist_tune_tune_ref_idx on public.playlist_tune (tune_ref);

create table public.note (
  id uuid not null primary key,
  user_ref uuid references public.user_profile (id),
  tune_ref uuid not null references public.tune (id),
  playlist_ref uuid references public.playlist (id),
  created_date timestamptz,
  note_text text,
  public boolean not null default false,
  favorite boolean,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id()
);
comment on table public.note is 'A note on a tune (HTML).';
create index note_pull_idx on public.note (user_ref, sync_xid, id);
create index note_tune_ref_playlist_ref_idx on public.note (tune_ref, playlist_ref);
create index note_tune_ref_user_ref_idx on public.note (tune_ref, user_ref);
create index note_playlist_ref_idx on public.note (playlist_ref);

create table public."reference" (
  id uuid not null primary key,
  url text not null,
  ref_type text,
  tune_ref uuid not null references public.tune (id),
  user_ref uuid references public.user_profile (id),
  comment text,
  title text,
  public boolean,
  favorite boolean,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint reference_ref_type_check check (ref_type in ('website', 'audio', 'video', 'sheet-music', 'article', 'social', 'lesson', 'other'))
);
comment on table public."reference" is 'A link kept with a tune.';
create index reference_pull_idx on public."reference" (user_ref, sync_xid, id);
create index reference_tune_ref_public_idx on public."reference" (tune_ref, public);
create index reference_tune_ref_user_ref_idx on public."reference" (tune_ref, user_ref);

create table public.tag (
  id uuid not null primary key,
  user_ref uuid not null references public.user_profile (id),
  tune_ref uuid not null references public.tune (id),
  tag_text text not null,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint tag_key unique (user_ref, tune_ref, tag_text)
);
comment on table public.tag is 'A person''s word on a tune.';
create index tag_pull_idx on public.tag (user_ref, sync_xid, id);
create index tag_user_ref_tag_text_idx on public.tag (user_ref, tag_text);
create index tag_tune_ref_idx on public.tag (tune_ref);

create table public.practice_record (
  id uuid not null primary key,
  user_ref uuid not null references public.user_profile (id),
  playlist_ref uuid not null references public.playlist (id),
  tune_ref uuid not null references public.tune (id),
  practiced timestamptz,
  quality integer,
  easiness double precision,
  difficulty double precision,
  stability double precision,
  "interval" integer,
  step integer,
  repetitions integer,
  lapses integer,
  elapsed_days integer,
  state integer,
  due timestamptz,
  backup_practiced timestamptz,
  goal text default 'recall',
  technique text,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint practice_record_key unique (tune_ref, playlist_ref, practiced),
  constraint practice_record_quality_check check (quality between 0 and 5)
);
comment on table public.practice_record is 'One rating of one tune. Append-only: only deleted may change. quality is 1–4, or 0–5 (SM2) where easiness is set.';
create index practice_record_pull_idx on public.practice_record (user_ref, sync_xid, id);
create index practice_record_playlist_ref_tune_ref_practiced_idx on public.practice_record (playlist_ref, tune_ref, practiced);

create table public.daily_practice_queue (
  id uuid not null primary key,
  user_ref uuid not null references public.user_profile (id),
  playlist_ref uuid not null references public.playlist (id),
  tune_ref uuid not null references public.tune (id),
  mode text,
  queue_date date not null,
  window_start_utc timestamptz not null,
  window_end_utc timestamptz not null,
  bucket integer not null,
  order_index integer not null,
  snapshot_coalesced_ts timestamptz not null,
  scheduled_snapshot text,
  latest_due_snapshot text,
  acceptable_delinquency_window_snapshot integer,
  tz_offset_minutes_snapshot integer,
  generated_at timestamptz not null,
  completed_at timestamptz,
  exposures_required integer,
  exposures_completed integer default 0,
  outcome text,
  active boolean not null default true,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint daily_practice_queue_key unique (user_ref, playlist_ref, queue_date, tune_ref),
  constraint daily_practice_queue_bucket_check check (bucket between 1 and 4)
);
comment on table public.daily_practice_queue is 'A day''s frozen practice queue, one row a tune. queue_date is the local calendar day.';
create index daily_practice_queue_pull_idx on public.daily_practice_queue (user_ref, sync_xid, id);
create index daily_practice_queue_active_idx on public.daily_practice_queue (user_ref, playlist_ref, queue_date, active);
create index daily_practice_queue_playlist_ref_idx on public.daily_practice_queue (playlist_ref);
create index daily_practice_queue_tune_ref_idx on public.daily_practice_queue (tune_ref);

create table public.tab_group_main_state (
  id uuid not null primary key,
  user_id uuid not null references public.user_profile (id),
  which_tab text default 'scheduled',
  playlist_id uuid references public.playlist (id),
  tab_spec text,
  practice_show_submitted boolean default false,
  practice_mode_flashcard boolean default false,
  sidebar_dock_position text default 'left',
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint tab_group_main_state_which_tab_check check (which_tab in ('scheduled', 'repertoire', 'catalog', 'analysis'))
);
comment on table public.tab_group_main_state is 'What a person last had open.';
create index tab_group_main_state_pull_idx on public.tab_group_main_state (user_id, sync_xid, id);
create index tab_group_main_state_playlist_id_idx on public.tab_group_main_state (playlist_id);

create table public.table_state (
  id uuid not null primary key,
  user_id uuid not null references public.user_profile (id),
  screen_size text not null,
  purpose text not null,
  playlist_id uuid not null references public.playlist (id),
  settings text,
  current_tune uuid,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint table_state_key unique (user_id, screen_size, purpose, playlist_id),
  constraint table_state_screen_size_check check (screen_size in ('small', 'full')),
  constraint table_state_purpose_check check (purpose in ('practice', 'repertoire', 'catalog', 'analysis'))
);
comment on table public.table_state is 'Columns, order, filters of one table on one screen size.';
create index table_state_pull_idx on public.table_state (user_id, sync_xid, id);
create index table_state_playlist_id_idx on public.table_state (playlist_id);

create table public.table_transient_data (
  id uuid not null primary key,
  user_id uuid not null references public.user_profile (id),
  tune_id uuid not null references public.tune (id),
  playlist_id uuid not null references public.playlist (id),
  purpose text,
  note_private text,
  note_public text,
  recall_eval text,
  practiced timestamptz,
  quality integer,
  easiness double precision,
  difficulty double precision,
  stability double precision,
  "interval" integer,
  step integer,
  repetitions integer,
  due timestamptz,
  backup_practiced timestamptz,
  goal text,
  technique text,
  state integer default 2,
  sync_version integer not null default 1,
  last_modified_at timestamptz not null default now(),
  device_id text,
  deleted boolean not null default false,
  sync_xid xid8 not null default pg_current_xact_id(),
  constraint table_transient_data_key unique (user_id, tune_id, playlist_id)
);
comment on table public.table_transient_data is 'A staged evaluation: chosen, not yet submitted.';
create index table_transient_data_pull_idx on public.table_transient_data (user_id, sync_xid, id);
create index table_transient_data_tune_id_idx on public.table_transient_data (tune_id);
create index table_transient_data_playlist_id_idx on public.table_transient_data (playlist_id);
