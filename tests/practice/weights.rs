//! Weights fitted to a history: against the trainer of the `fsrs` crate, on people made up with weights of their own.

use crate::fixture::*;
use fsrs::{ComputeParametersInput, FSRS, FSRSItem, FSRSReview, MemoryState, compute_parameters};
use serde_json::Value;
use tunetrees::domain::ids::PracticeRecordId;
use tunetrees::domain::practice::{MovedTune, Rating, TrainingResult, TrainingState};
use tunetrees::domain::repertoire::RepertoireDraft;
use tunetrees::domain::scheduling::{Algorithm, Manner, Record, SchedulerPrefs, Training};
use tunetrees::domain::time::{DAY_MICROS, Timestamp};
use tunetrees::row;
use tunetrees::store::Store;
use tunetrees::store::schema::Table;
use uuid::Uuid;

struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// Somebody who forgets faster than most: what the usual weights do not know.
fn forgetful() -> FSRS {
    let mut weights = fsrs::DEFAULT_PARAMETERS.to_vec();
    for (place, value) in [(0, 0.1), (1, 0.4), (2, 0.9), (3, 2.5), (8, 1.2), (9, 0.3), (11, 0.8), (20, 0.35)] {
        weights[place] = value;
    }
    FSRS::new(&weights).unwrap()
}

/// (day, rating) for each of `tunes` tunes, practised about when the usual schedule says.
fn histories(tunes: usize, seed: u64) -> Vec<Vec<(u32, u32)>> {
    let (truth, usual) = (forgetful(), FSRS::default());
    let mut chance = Chance(seed);
    (0..tunes)
        .map(|_| {
            let mut history = Vec::new();
            let (mut memory, mut planned): (Option<MemoryState>, Option<MemoryState>) = (None, None);
            let mut day = (chance.next() * 60.0) as u32;
            let mut before = day;
            for _ in 0..4 + (chance.next() * 8.0) as usize {
                let elapsed = day - before;
                let recall = memory.map_or(0.6, |m| fsrs::current_retrievability(m, elapsed as f32, 0.35));
                let luck = chance.next();
                let rating: u32 = match chance.next() {
                    _ if luck > recall => 1,
                    r if r < 0.2 => 2,
                    r if r < 0.85 => 3,
                    _ => 4,
                };
                history.push((day, rating));
                let step = |fsrs: &FSRS, memory| {
                    let next = fsrs.next_states(memory, 0.9, elapsed).unwrap();
                    [next.again, next.hard, next.good, next.easy][rating as usize - 1].clone()
                };
                memory = Some(step(&truth, memory).memory);
                let next = step(&usual, planned);
                planned = Some(next.memory);
                before = day;
                day += ((next.interval * (0.6 + chance.next())).round() as u32).max(1);
            }
            history
        })
        .collect()
}

fn at_day(day: u32) -> Timestamp {
    at("2024-01-01T12:00:00Z").plus_days(i64::from(day))
}

fn records(history: &[(u32, u32)], tune: usize) -> Vec<Record> {
    let record = |(n, (day, rating)): (usize, &(u32, u32))| Record {
        id: PracticeRecordId(Uuid::from_u128((tune * 1000 + n) as u128)),
        practiced: at_day(*day),
        quality: i64::from(*rating),
        sm2: None,
        through_steps: false,
        manner: Manner::default(),
    };
    history.iter().enumerate().map(record).collect()
}

/// As the crate wants them: every rating with all before it, in order of time.
fn items(histories: &[Vec<(u32, u32)>]) -> Vec<FSRSItem> {
    let mut dated = Vec::new();
    for history in histories {
        let review = |n: usize| FSRSReview {
            rating: history[n].1,
            delta_t: if n == 0 { 0 } else { history[n].0 - history[n - 1].0 },
        };
        for (last, (day, _)) in history.iter().enumerate().skip(1) {
            dated.push((*day, FSRSItem { reviews: (0..=last).map(review).collect() }));
        }
    }
    dated.sort_by_key(|(day, _)| *day);
    dated.into_iter().map(|(_, item)| item).collect()
}

#[test]
fn the_weights_are_as_good_as_those_of_the_crate_on_ratings_that_neither_has_seen() {
    for seed in [1, 2] {
        let seen = histories(400, seed);
        let unseen = items(&histories(400, seed + 100));
        let all: Vec<Vec<Record>> = seen.iter().enumerate().map(|(n, history)| records(history, n)).collect();
        let usual = SchedulerPrefs::default().weights;
        let mut training = Training::begin(&all, &usual).unwrap();
        let (mut calls, mut last) = (0, 0);
        while training.advance() {
            let progress = training.progress();
            assert!(progress.done >= last && progress.done <= progress.all);
            (calls, last) = (calls + 1, progress.done);
        }
        let fitted = training.finish();
        assert!(calls > 10 && fitted.after < fitted.before, "{fitted:?}");
        let crates = compute_parameters(ComputeParametersInput {
            train_set: items(&seen),
            enable_short_term: true,
            ..Default::default()
        })
        .unwrap();
        let loss = |weights: &[f32]| FSRS::new(weights).unwrap().evaluate(unseen.clone(), |_| true).unwrap().log_loss;
        let (before, ours, theirs) = (loss(&usual), loss(&fitted.weights), loss(&crates));
        println!(
            "seed {seed}: {} ratings, log loss {before:.4} → ours {ours:.4}, the crate's {theirs:.4}",
            fitted.ratings
        );
        assert!(ours < before * 0.97, "better than the usual ones: {before} → {ours}");
        assert!(ours < theirs * 1.01, "within a hundredth of the crate's: {theirs}, ours {ours}");
    }
}

/// Trains to the end; what came of it, and after how many calls.
fn trained(store: &mut Store, now: Timestamp) -> (TrainingResult, usize) {
    let mut state = store.train(true, now).unwrap();
    let mut calls = 1;
    loop {
        match state {
            TrainingState::Done(result) => return (result, calls),
            TrainingState::Running { done, all } => assert!(done < all),
            other => panic!("{other:?}"),
        }
        calls += 1;
        state = store.train(false, now).unwrap();
    }
}

#[test]
fn training_goes_on_call_by_call_and_changes_nothing_until_it_is_agreed_to() {
    let mut store = empty();
    assert_eq!(store.train(true, at_day(400)).unwrap(), TrainingState::TooFew { needed: 64 });
    let playlist = repertoire(&mut store, 1);
    let user = store.user().to_string();
    for (n, history) in histories(60, 3).iter().enumerate() {
        let tune = catalog_tune(&mut store, n as u128, "Tune");
        member(&mut store, playlist, tune, None);
        for (day, rating) in history {
            let practiced = at_day(*day);
            let row = row! {
                "id": PracticeRecordId::of(playlist, tune, practiced).to_string(), "user_ref": user.as_str(),
                "playlist_ref": playlist.to_string(), "tune_ref": tune.to_string(), "practiced": practiced.to_string(),
                "quality": *rating,
            };
            receive(&mut store, Table::PracticeRecord, row);
        }
    }
    let before = store.scheduler_prefs().unwrap();
    let (result, calls) = trained(&mut store, at_day(400));
    assert!(calls > 1, "in portions");
    assert!(result.after < result.before && result.sooner + result.later > 30, "{result:?}");
    assert_eq!(result.sooner + result.later + result.same, 60);
    assert!(result.sooner > result.later, "somebody forgetful: {result:?}");
    assert_eq!(result.examples.len(), 1, "all have one title: {result:?}");
    assert_eq!(store.scheduler_prefs().unwrap(), before);
    let weights = result.weights.clone();
    store.set_scheduler_prefs(at_day(400), &SchedulerPrefs { weights, ..before }).unwrap();
    assert_eq!(store.scheduler_prefs().unwrap().weights, result.weights, "the numbers come back as they were");
    let again = store.train(true, at_day(400)).unwrap();
    assert!(matches!(again, TrainingState::Running { .. } | TrainingState::Done(_)));
}

#[test]
fn what_new_weights_change_is_seen_though_the_old_app_had_set_every_date() {
    let mut store = empty();
    let playlist = repertoire(&mut store, 1);
    let user = store.user().to_string();
    for (n, history) in histories(60, 3).iter().enumerate() {
        let tune = catalog_tune(&mut store, n as u128, &format!("Tune {n}"));
        member(&mut store, playlist, tune, None);
        for (place, (day, rating)) in history.iter().enumerate() {
            let practiced = at_day(*day);
            let interval = history.get(place + 1).map_or(30, |(next, _)| next - day);
            let mut row = row! {
                "id": PracticeRecordId::of(playlist, tune, practiced).to_string(), "user_ref": user.as_str(),
                "playlist_ref": playlist.to_string(), "tune_ref": tune.to_string(), "practiced": practiced.to_string(),
                "quality": *rating, "easiness": Value::Null, "interval": Value::Null, "due": Value::Null,
            };
            // Half of the tunes have old ratings only: Again, Hard, Good, Easy on the scale of SM2.
            if n % 2 == 0 {
                row["quality"] = [1, 3, 4, 5][*rating as usize - 1].into();
                row["easiness"] = 2.1.into();
                row["interval"] = interval.into();
                row["due"] = practiced.plus_days(i64::from(interval)).to_string().into();
            }
            receive(&mut store, Table::PracticeRecord, row);
        }
    }
    let (result, _) = trained(&mut store, at_day(700));
    assert!(result.after < result.before, "{result:?}");
    assert_eq!(result.sooner + result.later + result.same, 60);
    assert!(result.sooner + result.later > 50, "those of the old app, too: {result:?}");
    let part = |moved: &MovedTune| f64::from(moved.before.min(moved.after)) / f64::from(moved.before.max(moved.after));
    let parts: Vec<f64> = result.examples.iter().map(part).collect();
    assert_eq!(parts.len(), 3);
    assert!(parts.iter().all(|part| *part < 1.0), "{result:?}");
}

#[test]
fn a_repertoire_has_an_algorithm_of_its_own_which_no_setting_takes_away() {
    let mut store = empty();
    let tune = catalog_tune(&mut store, 1, "Kesh");
    let now = at_day(100);
    let lists: Vec<_> = (1..=2).map(|n| repertoire(&mut store, n)).collect();
    for playlist in &lists {
        member(&mut store, *playlist, tune, None);
        store.choose_repertoire(*playlist).unwrap();
        let entry = store.todays_queue(now, &chrono::Utc).unwrap().unwrap().entries[0].id;
        rate(&mut store, now, entry, Rating::Easy).unwrap();
    }
    let waits = |store: &Store| {
        let sql = "select due from scheduling_state order by playlist_ref";
        let mut statement = store.conn().prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let due = rows.map(|row| row.unwrap().parse::<Timestamp>().unwrap());
        due.map(|due| (due.micros() - now.micros()) / DAY_MICROS).collect::<Vec<_>>()
    };
    assert_eq!(waits(&store), [8, 8], "Easy by FSRS");
    let draft = RepertoireDraft { name: "Flute".into(), algorithm: Some(Algorithm::Sm2), ..Default::default() };
    store.edit_repertoire(now, lists[0], &draft).unwrap();
    assert_eq!(waits(&store), [1, 8], "its dates are computed anew, and no others");
    // Something about scheduling is saved: the choice stays. What decides elsewhere reaches the other repertoire only.
    let prefs = SchedulerPrefs { maximum_interval: 5, ..store.scheduler_prefs().unwrap() };
    store.set_scheduler_prefs(now, &prefs).unwrap();
    assert_eq!(waits(&store), [1, 5]);
    store.set_scheduler_prefs(now, &SchedulerPrefs { algorithm: Algorithm::Sm2, ..prefs.clone() }).unwrap();
    assert_eq!(waits(&store), [1, 1]);
    let own: Vec<_> = store.repertoires().unwrap().0.iter().map(|r| r.algorithm).collect();
    assert_eq!(own, [Some(Algorithm::Sm2), None]);
    store.set_scheduler_prefs(now, &prefs).unwrap();
    store.edit_repertoire(now, lists[0], &RepertoireDraft { algorithm: None, ..draft }).unwrap();
    assert_eq!(waits(&store), [5, 5], "as in the settings again");
}
