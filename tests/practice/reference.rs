//! Our schedules against two others, on a thousand generated histories: `ts-fsrs` (run by Node) for every date on every button, and the `fsrs`
//! crate for the memory behind them.

use std::path::Path;
use std::process::Command;

use fsrs::{FSRS, FSRSItem, FSRSReview};
use serde_json::Value;
use tunetrees::domain::ids::PracticeRecordId;
use tunetrees::domain::practice::Rating;
use tunetrees::domain::scheduling::{Manner, Phase, Record, ScheduleState, Scheduler, SchedulerPrefs, elapsed_days};
use tunetrees::domain::time::{DAY_MICROS, Timestamp};
use uuid::Uuid;

/// Node's histories; the package is installed if it is not there yet.
fn vectors() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/js");
    if !folder.join("node_modules/ts-fsrs").exists() {
        let npm = Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).output();
        let npm = npm.expect("this test needs npm: run `cargo xtask setup`");
        assert!(npm.status.success(), "npm ci in tests/js: {}", String::from_utf8_lossy(&npm.stderr));
    }
    let node = Command::new("node").arg("vectors.mjs").current_dir(&folder).output();
    let node = node.expect("this test needs Node: run `cargo xtask setup`");
    assert!(node.status.success(), "{}", String::from_utf8_lossy(&node.stderr));
    let lines = String::from_utf8(node.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers<T>(value: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(read).collect()
}

fn prefs(history: &Value) -> SchedulerPrefs {
    let minutes = |key: &str| numbers(&history[key], |n| n.as_u64().unwrap() as u32);
    SchedulerPrefs {
        retention: history["retention"].as_f64().unwrap() as f32,
        weights: numbers(&history["weights"], |n| n.as_f64().unwrap() as f32),
        learning_steps: minutes("learning"),
        relearning_steps: minutes("relearning"),
        maximum_interval: history["maximum"].as_u64().unwrap() as u32,
        ..SchedulerPrefs::default()
    }
}

/// Days that a rating of that stability leads to, not yet rounded.
fn raw_days(stability: f64, prefs: &SchedulerPrefs) -> f64 {
    let decay = -f64::from(*prefs.weights.last().unwrap());
    let factor = 0.9_f64.powf(1.0 / decay) - 1.0;
    stability / factor * (f64::from(prefs.retention).powf(1.0 / decay) - 1.0)
}

#[test]
fn schedules_equal_those_of_ts_fsrs_and_memories_those_of_the_crate_on_a_thousand_histories() {
    let histories = vectors();
    assert_eq!(histories.len(), 1000);
    let (mut ratings, mut stepped, mut on_the_edge) = (0, 0, 0);
    for (n, history) in histories.iter().enumerate() {
        let prefs = prefs(history);
        let scheduler = Scheduler::new(&prefs);
        let crates = FSRS::new(&prefs.weights).unwrap();
        let mut state: Option<ScheduleState> = None;
        let (mut records, mut reviews) = (Vec::new(), Vec::new());
        for review in history["reviews"].as_array().unwrap() {
            let at = Timestamp::from_micros(review["at"].as_i64().unwrap() * 1000);
            let rating = Rating::from_quality(review["rating"].as_i64().unwrap()).unwrap();
            let manner = Manner::default();
            // ts-fsrs lets Good and Easy go a day or two beyond the maximum, to tell them apart; here the maximum holds.
            let farthest = at.plus_days(i64::from(prefs.maximum_interval));
            let expected =
                numbers(&review["due"], |ms| Timestamp::from_micros(ms.as_i64().unwrap() * 1000).min(farthest));
            let previews = scheduler.preview(state.as_ref(), at, &manner);
            let elapsed = state.map_or(0, |s| elapsed_days(s.practiced, at));
            for (preview, due) in previews.iter().zip(&expected) {
                ratings += 1;
                if preview.due == *due {
                    continue;
                }
                // ts-fsrs reckons in doubles, the crate in floats: where a number of days lies between two, they may round apart. Good and
                // Easy may be pushed by a neighbour that does.
                let near = previews.iter().any(|p| {
                    let days = raw_days(f64::from(p.stability), &prefs);
                    (days.fract() - 0.5).abs() < 2e-3 * (1.0 + days.sqrt())
                });
                let apart = (preview.due.micros() - due.micros()).abs();
                assert!(
                    near && apart <= DAY_MICROS,
                    "history {n}: {preview:?}, ts-fsrs {due}, {expected:?}\n{history}"
                );
                on_the_edge += 1;
            }
            let next = scheduler.rate(state.as_ref(), at, rating, &manner);
            let close =
                |ours: f32, theirs: f64, off: f64| (f64::from(ours) - theirs).abs() <= off * (1.0 + theirs.abs());
            let (stability, difficulty) =
                (review["stability"].as_f64().unwrap(), review["difficulty"].as_f64().unwrap());
            assert!(close(next.stability, stability, 2e-3), "history {n}: {next:?}, ts-fsrs {stability}");
            assert!(close(next.difficulty, difficulty, 1e-3), "history {n}: {next:?}, ts-fsrs {difficulty}");
            // While it is in its steps, both say so. Out of them, ts-fsrs knows review only; ours remembers that it was lost.
            let learning = matches!(review["state"].as_i64(), Some(1 | 3));
            assert_eq!(next.step.is_some(), learning, "history {n}");
            assert!(learning || next.phase == Phase::Review || rating == Rating::Again);
            stepped += usize::from(learning);

            reviews.push(FSRSReview { rating: rating as u32, delta_t: elapsed });
            let memory = crates.memory_state(FSRSItem { reviews: reviews.clone() }, None).unwrap();
            assert_eq!((next.stability, next.difficulty), (memory.stability, memory.difficulty), "history {n}");
            records.push(Record {
                id: PracticeRecordId(Uuid::from_u128(records.len() as u128)),
                practiced: at,
                quality: rating.quality(),
                sm2: None,
                through_steps: false,
                manner,
            });
            state = Some(next);
        }
        records.reverse();
        assert_eq!(scheduler.fold(&records), state, "history {n}, folded in any order");
    }
    println!("{ratings} dates, {stepped} ratings within steps, {on_the_edge} on the edge of two days");
    assert!(ratings > 20_000 && stepped > 1_000);
    assert!(on_the_edge * 200 < ratings, "at most one in two hundred: {on_the_edge} of {ratings}");
}
