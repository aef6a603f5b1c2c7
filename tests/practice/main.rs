//! Practice over a store in memory: the day and its queue, evaluations chosen and submitted, schedules and their weights.
#![allow(clippy::unwrap_used)]

#[path = "../fixture/mod.rs"]
mod fixture;

mod day;
mod other_days;
mod reference;
mod scenarios;
mod schedule;
mod staging;
mod weights;
mod world;
