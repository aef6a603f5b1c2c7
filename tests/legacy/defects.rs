//! Files made by chance: nothing is lost unexplained, nothing panics, and whatever arrives is as it was sent.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tunetrees::legacy::load::json;
use tunetrees::legacy::load::postgres::{LoadOptions, Making, rollback};
use tunetrees::legacy::{LegacyError, Report, Source};

use crate::generated::{Chance, census, database};
use crate::legacy::{Backend, counts, on};

fn source(seed: u64) -> Source {
    Source::over(database(seed), "chance", "a database made by chance").unwrap()
}

fn is_whole(seed: u64, report: &Report) -> Result<(), TestCaseError> {
    prop_assert!(report.is_explained(), "seed {seed}\n{}", report.summary());
    for table in &report.tables {
        let listed = table.left_out.iter().all(|row| !row.reason.is_empty());
        prop_assert!(listed, "seed {seed}: a row of {} was left out without a reason", table.legacy);
    }
    // A report with whatever was in the file is still a report.
    prop_assert!(report.to_markdown().starts_with("# Migration"));
    prop_assert!(serde_json::from_str::<serde_json::Value>(&report.to_json()).is_ok());
    Ok(())
}

/// So many files, the same ones at every run.
fn same_seeds(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn no_file_loses_a_row_unexplained() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.json");
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    let mut runner = same_seeds(asked.unwrap_or(100));
    let test = |seed: u64| match json::write(&source(seed), &path, &Default::default(), seed, &mut on) {
        Ok(report) => is_whole(seed, &report),
        Err(error) => Err(TestCaseError::fail(format!("seed {seed}: {error}"))),
    };
    runner.run(&any::<u64>(), test).unwrap();
}

/// Loads each file twice and takes both runs back.
fn in_and_out(seeds: impl IntoIterator<Item = u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let backend = std::cell::RefCell::new(runtime.block_on(Backend::start()));
    let empty = runtime.block_on(backend.borrow().dump());
    let options = LoadOptions { making: Making::InDatabase(None), ..LoadOptions::default() };
    let test = |seed: u64| {
        let backend = &mut *backend.borrow_mut();
        let fail = |error: LegacyError| TestCaseError::fail(format!("seed {seed}: {error}"));
        runtime.block_on(async {
            let first = backend.try_load(&source(seed), &options).await.map_err(fail)?;
            is_whole(seed, &first)?;
            let loaded = backend.dump().await;
            let second = backend.try_load(&source(seed), &options).await.map_err(fail)?;
            is_whole(seed, &second)?;
            prop_assert_eq!(&backend.dump().await, &loaded, "seed {}: a second run wrote\n{}", seed, second.summary());
            let sum = |report: &Report| counts(report).iter().map(|t| t.2 + t.3).sum::<usize>();
            prop_assert_eq!(sum(&first), sum(&second), "seed {}", seed);
            rollback(&mut backend.client, second.run.unwrap(), false).await.map_err(fail)?;
            let back = rollback(&mut backend.client, first.run.unwrap(), false).await.map_err(fail)?;
            prop_assert!(back.kept.is_empty(), "seed {}: {:?}", seed, back.kept);
            prop_assert_eq!(&backend.dump().await, &empty, "seed {}: after the rollback", seed);
            Ok(())
        })
    };
    for seed in seeds {
        test(seed).unwrap();
    }
}

/// The files that go through PostgreSQL whenever the tests run. The first: two people of one account, each with scheduling options.
fn through_postgres() -> impl Iterator<Item = u64> {
    [16_842_817_771_009_439_503].into_iter().chain(1..=24)
}

#[test]
fn postgres_takes_whatever_the_converter_gives() {
    in_and_out(through_postgres());
}

/// Each kind of defect is among them, and not by accident.
#[test]
fn every_kind_of_defect_goes_through_postgres() {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in through_postgres() {
        for (kind, count) in census(&database(seed)) {
            *all.entry(kind).or_default() += count;
        }
    }
    println!("{all:#?}");
    let rare: Vec<_> = all.iter().filter(|(_, count)| **count < 3).collect();
    assert!(rare.is_empty(), "{rare:?}");
}

/// In these somebody's id stands in two rows, of which the first gets no account.
#[test]
fn nothing_is_left_of_accounts_either() {
    in_and_out([3_127_334_871_842_609_774, 9_649_153_810_354_522_029]);
}

/// More of the same, when somebody asks: `PROPTEST_CASES=2000 cargo test --test legacy_migration more_files -- --ignored`.
#[test]
#[ignore = "takes minutes"]
fn more_files_go_in_and_out() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    in_and_out((0..cases).map(|n| Chance(n).next()));
}
