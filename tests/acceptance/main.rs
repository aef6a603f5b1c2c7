//! The 21 acceptance tests: what the old app got wrong once, or what a practice app that syncs must get right. Each is numbered
//! (`n01` … `n21`) and runs on real parts: the store, the engine and its driver, HTTP, a socket, PostgreSQL with our migrations.
//!
//! | no. | what | where |
//! | --- | --- | --- |
//! | 1 | one practice record made on two devices is one row everywhere, and no outbox is stuck | `meeting` |
//! | 2 | a late upload of an older edit still reaches a third device | `meeting` |
//! | 3 | the later write wins, whenever it arrives; a tie ends the same way everywhere | `meeting` |
//! | 4 | a pull over a pending local edit of that row keeps the later one | `meeting` |
//! | 5 | one bad row blocks no other, is shown, and can be mended or tried again | `outbox` |
//! | 6 | 1500 rows in one table arrive | `outbox` |
//! | 7 | deleted on A, edited on B | `meeting` |
//! | 8 | a tag removed on A disappears on B | `meeting` |
//! | 9 | killed directly after an edit: edit and outbox entry are there, or neither | `outbox` |
//! | 10 | what is written while rows come in is sent | `outbox` |
//! | 11 | rows that come in are not queued | `outbox` |
//! | 12 | children and parents in any order | `outbox` |
//! | 13 | signing out with unsent work asks, and keeps it | `e2e/tests/accounts.spec.mjs` |
//! | 14 | another person's database and cursor are apart | `e2e/tests/accounts.spec.mjs` |
//! | 15 | a new device waits for the first pull before it makes today's queue; two offline ones make the same | `practice` |
//! | 16 | played marks and staged evaluations travel | `practice` |
//! | 17 | today's queue made anew on A leaves B consistent | `practice` |
//! | 18 | days west and east, days of 23 and 25 hours, midnight | `practice` |
//! | 19 | row level security: views, other people's rows, public notes, making public | `rights` |
//! | 20 | tokens that end in the middle, 401, 429, 5xx, cut connections: the pauses grow, one state tells, nothing is lost | `rights` |
//! | 21 | a new schema under a waiting outbox | `outbox` |

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

#[path = "../devices/mod.rs"]
mod devices;
mod meeting;
mod outbox;
mod practice;
mod rights;

use devices::{Device, config, now, sign_in};
use devstack::Devstack;
use devstack::faults::{Action, Match, Rule};
use tunetrees::domain::ids::{PlaylistId, QueueEntryId, TuneId};
use tunetrees::domain::practice::{QueueView, Rating};
use tunetrees::domain::tune::TuneFields;
use tunetrees::store::{Edit, StoreError};
use tunetrees::worker::protocol::{LibraryAnswer, LibraryRequest, PracticeAnswer, PracticeRequest, Request, Response};
use tunetrees::worker::requests::answer;

const PUSH: &str = "/rest/v1/rpc/sync_push";
const PULL: &str = "/rest/v1/rpc/sync_pull";

fn fault(path: &str, times: Option<u64>, action: Action) -> Rule {
    Rule { matches: Match { path_prefix: Some(path.to_owned()), ..Match::default() }, times, action, hits: 0 }
}

/// What the interface would ask of this device.
fn ask(device: &Device, request: impl Into<Request>) -> Response {
    let response = answer(&mut device.store.borrow_mut(), request, now(), &chrono::Utc).unwrap();
    device.driver.local_edit();
    response
}

/// One edit, without telling the driver: the network is not there, and neither is the app's sync.
fn quietly<T>(device: &Device, work: impl FnOnce(&mut Edit<'_>) -> Result<T, StoreError>) -> T {
    device.store.borrow_mut().edit(now(), work).unwrap()
}

/// The app is closed on this device; its database stays.
async fn away(device: Device) -> Device {
    device.driver.stop();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    device
}

/// The app is opened again.
async fn back(stack: &Devstack, email: &str, device: Device) -> Device {
    Device::resume(config(stack), device.store, Some(sign_in(stack, email).await))
}

/// A repertoire with `count` tunes of her own in it.
fn furnish(device: &Device, count: usize) -> (PlaylistId, Vec<TuneId>) {
    let made = ask(device, LibraryRequest::CreateRepertoire { name: "Flute".into(), instrument: None });
    let Response::Library(LibraryAnswer::Repertoires { current: Some(playlist), .. }) = made else {
        panic!("{made:?}")
    };
    let tunes = (0..count).map(|n| {
        let fields = TuneFields { title: Some(format!("Tune {n:02}")), ..TuneFields::default() };
        let Response::Library(LibraryAnswer::Tune(tune)) = ask(device, LibraryRequest::CreateTune { fields }) else {
            panic!("no tune")
        };
        tune.id
    });
    (playlist, tunes.collect())
}

fn queue(device: &Device) -> QueueView {
    let Response::Practice(PracticeAnswer::Queue(Some(view))) = ask(device, PracticeRequest::CurrentQueue) else {
        panic!("no queue")
    };
    view
}

/// Chooses how a tune of today's queue went, and submits it.
fn rate(device: &Device, entry: QueueEntryId, rating: Rating) {
    let date = queue(device).day.date;
    ask(device, PracticeRequest::Stage { date, entry, rating: Some(rating), technique: None, repeat: false });
    ask(device, PracticeRequest::Submit { date });
}

/// A row of the table above without a test would be a promise.
#[test]
fn every_number_has_its_test() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/acceptance");
    let rust = ["meeting.rs", "outbox.rs", "practice.rs", "rights.rs"]
        .map(|name| std::fs::read_to_string(here.join(name)).unwrap());
    let browser = std::fs::read_to_string(here.join("../../e2e/tests/accounts.spec.mjs")).unwrap();
    for number in 1..=21 {
        let (native, web) = (format!("#[test]\nfn n{number:02}_"), format!("test(\"{number}. "));
        assert!(rust.iter().any(|text| text.contains(&native)) || browser.contains(&web), "no test {number}");
    }
}
