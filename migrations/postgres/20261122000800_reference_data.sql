-- What every TuneTrees begins with: traditions, kinds of tune, instruments to choose from. A device without a server lays down the same rows from this
-- very file (src/store/reference_data.rs), so it is written in words that PostgreSQL and SQLite both read. The rows are those of the old
-- TuneTrees, so a migration of its data meets them. The id of an instrument is the UUIDv5 of `instrument:<name>` (src/domain/ids.rs).

insert into public.genre (id, name, region, description) values
  ('ITRAD', 'Irish Traditional Music', 'Ireland', 'A centuries-old tradition of folk music featuring instruments like the fiddle, flute, tin whistle, and bodhrán.'),
  ('OTIME', 'Old-Time Music', 'Southern Appalachia, USA', 'Traditional American folk music with roots in British Isles ballads and dance tunes, often played on fiddle, banjo, and guitar.'),
  ('BGRA', 'Bluegrass Music', 'Southern Appalachia, USA', 'Upbeat American roots music characterized by fast tempos, intricate vocal harmonies, and instrumental virtuosity, often featuring banjo, fiddle, mandolin, guitar, and upright bass.'),
  ('CONTRA', 'Contra Dance Music', 'New England, USA', 'Lively folk dance music with roots in English country dances, typically played on fiddle, piano, guitar, and bass.'),
  ('FRCAN', 'French-Canadian Folk Music', 'Quebec, Canada', 'Traditional music of Quebec with influences from Celtic and European traditions, often featuring fiddle, accordion, and spoons.'),
  ('SCOT', 'Scottish Traditional Music', 'Scotland', 'Folk music tradition featuring bagpipes, fiddle, and harp, with strong connections to dance and storytelling.'),
  ('NFLD', 'Music of Newfoundland and Labrador', 'Newfoundland and Labrador, Canada', 'Unique folk music tradition with Irish, English, and French influences, often featuring fiddle, accordion, and bodhrán.'),
  ('KLEZM', 'Klezmer Music', 'Eastern Europe', 'Lively, expressive music of Ashkenazi Jews, often featuring clarinet, violin, and accordion.'),
  ('FLAM', 'Flamenco', 'Spain', 'Passionate music and dance tradition from Andalusia, featuring guitar, singing, and handclapping.'),
  ('BLUES', 'Blues', 'American South, USA', 'Influential genre with roots in African musical traditions, characterized by soulful vocals, guitar, and often a "call and response" pattern.'),
  ('CAJUN', 'Cajun Music', 'Louisiana, USA', 'Upbeat dance music with French and Acadian influences, typically featuring fiddle, accordion, and triangle.'),
  ('TEXMX', 'Tex-Mex Music', 'Texas, USA', 'Lively blend of Mexican and American influences, often featuring accordion, bajo sexto (a 12-string guitar), and drums.'),
  ('SAMBA', 'Samba', 'Brazil', 'Rhythmic music and dance with African roots, featuring drums, percussion, and often elaborate costumes.'),
  ('FADO', 'Fado', 'Portugal', 'Melancholic music tradition featuring expressive vocals and guitar, often reflecting themes of longing and fate.'),
  ('GAME', 'Gamelan', 'Indonesia', 'Ensemble music featuring metallophones, gongs, drums, and bamboo flutes, known for its intricate rhythms and interlocking melodies.')
on conflict do nothing;

insert into public.tune_type (id, name, rhythm, description) values
  ('JigD', 'Jig (Double)', '6/8', 'Jig (Double) in 6/8'),
  ('JigSl', 'Slip Jig', '9/8', 'Slip Jig in 9/8'),
  ('SgJig', 'Single Jig', '6/8', 'Single Jig in 6/8'),
  ('Reel', 'Reel', '4/4', 'Reel in 4/4'),
  ('SgReel', 'Single Reel', '4/4', 'Single Reel in 4/4'),
  ('Hpipe', 'Hornpipe', '4/4', 'Hornpipe in 4/4'),
  ('Polka', 'Polka', '2/4', 'Polka in 2/4'),
  ('Slide', 'Slide', '12/8', 'Slide in 12/8'),
  ('Waltz', 'Waltz', '3/4', 'Waltz in 3/4'),
  ('SetD', 'Set Dance', 'varies', 'Set Dance in varies'),
  ('BDnce', 'Barndance', '4/4', 'Barndance in 4/4'),
  ('March', 'March', '2/4, 4/4 or 6/8', 'March in 2/4, 4/4 or 6/8'),
  ('Fling', 'Highland Fling', '4/4', 'Highland Fling in 4/4'),
  ('Air', 'Air', 'free', 'Air in free'),
  ('Song', 'Song', 'varies', 'Song in varies')
on conflict do nothing;

insert into public.genre_tune_type (genre_id, tune_type_id) values
  ('ITRAD', 'JigD'),
  ('ITRAD', 'JigSl'),
  ('ITRAD', 'SgJig'),
  ('ITRAD', 'Reel'),
  ('ITRAD', 'SgReel'),
  ('ITRAD', 'Hpipe'),
  ('ITRAD', 'Polka'),
  ('ITRAD', 'Slide'),
  ('ITRAD', 'Waltz'),
  ('ITRAD', 'SetD'),
  ('ITRAD', 'BDnce'),
  ('ITRAD', 'March'),
  ('ITRAD', 'Fling'),
  ('ITRAD', 'Air'),
  ('ITRAD', 'Song')
on conflict do nothing;

-- Where an instrument of that name is offered already it stays the only one.
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '619967c2-0a74-592a-9641-bafa7ebb67cc', 'Irish Flute', 'Irish Flute', 'ITRAD', '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'irish flute');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '7081a5dc-3c0a-5513-8a47-39d087ca398b', 'Irish Tenor Banjo', '4-String Irish Tenor Banjo', 'ITRAD', '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'irish tenor banjo');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '580f2d8a-a681-5e15-9ccb-76860bd7d175', 'Irish Fiddle', 'Irish Fiddle', 'ITRAD', '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'irish fiddle');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '07241516-4d67-5dc3-9c79-bb36fc469e08', 'Irish Box', 'Accordion', 'ITRAD', '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'irish box');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '735c93d3-c0ca-56e2-8080-15240a906a33', '5-String Banjo', '5-string (Clawhammer, etc.)', 'BGRA', '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = '5-string banjo');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '1976983a-1b36-56b3-9289-86ef2da5cec3', 'Harmonica', null, null, '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'harmonica');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select 'fdac8f42-7058-5b4e-a4a2-94196c36912f', 'Tin Whistle', null, 'ITRAD', '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'tin whistle');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select 'cc2f164f-2704-5df8-a6aa-daa39556a51f', 'Uilleann Pipes', null, 'ITRAD', '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'uilleann pipes');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '9892e638-8e5f-55a0-b49b-3903ce92b20a', 'Concertina', null, 'ITRAD', '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'concertina');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select 'e36ddebf-d38f-5307-a813-543afbcc077d', 'Bouzouki', null, null, '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'bouzouki');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '7560dfa0-fa09-5c8a-aa2b-b827bb05e800', 'Guitar', null, null, '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'guitar');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '01c65f56-aeba-51d9-8676-08114782019b', 'Harp', null, null, '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'harp');
insert into public.instrument (id, instrument, description, genre_default, last_modified_at)
select '642adfe6-aa7f-5f8c-832b-377405d7206e', 'Mandolin', null, null, '2025-10-05T00:00:00.000000Z'
where not exists (select 1 from public.instrument where private_to_user is null and lower(instrument) = 'mandolin');
