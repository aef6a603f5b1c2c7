//! What all pages share: the line to the worker, who is signed in, the state of the sync, the repertoires, notices.
//!
//! One direction: pages ask and write through the worker, its change notices make [`App::live`] queries ask again. Nothing here
//! is a second copy of the truth; a query keeps its last answer on the screen while it asks anew.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::preferences;
use crate::domain::ids::PlaylistId;
use crate::domain::repertoire::Repertoire;
use crate::domain::time::Timestamp;
use crate::store::schema::Table;
use crate::sync::status::{SyncPhase, SyncStatus};
use crate::ui::text::{self, t};
use crate::worker::client::{WorkerClient, ask_to_persist};
use crate::worker::protocol::{
    Account, Failure, FromWorker, IntakeProgress, LibraryAnswer, LibraryRequest, Opened, Request, Response, StorageMode,
};

/// Remembered while there are tunes or an account here; `public/theme.js` reads it.
const KNOWN: &str = "tunetrees.known";

/// Has the database been opened?
#[derive(Clone, Debug, PartialEq)]
pub enum Opening {
    /// Not yet.
    Starting,
    /// Another tab has it, and does not let go.
    OtherTab,
    /// It cannot be; why.
    Failed(String),
    /// It has.
    Open(StorageMode),
}

/// A passing message.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Its number.
    pub id: u32,
    /// What it says.
    pub text: String,
    /// What kind of message.
    pub kind: NoticeKind,
}

/// How long a message stays, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// For a few seconds.
    Passing,
    /// Bad news: until it is closed.
    Problem,
    /// Bad news about her data: until it is closed, over any restart; the worker keeps it.
    Told,
}

/// All repertoires, and which one is current.
#[derive(Clone, Debug, PartialEq)]
pub struct Repertoires {
    /// All of them.
    pub all: Vec<Repertoire>,
    /// The current one.
    pub current: Option<PlaylistId>,
}

impl Repertoires {
    /// The current repertoire.
    pub fn chosen(&self) -> Option<&Repertoire> {
        self.all.iter().find(|r| Some(r.id) == self.current)
    }
}

/// The shared state; a handle, cheap to copy.
#[derive(Clone, Copy)]
pub struct App {
    client: StoredValue<WorkerClient, LocalStorage>,
    /// Has the database been opened?
    pub opening: RwSignal<Opening>,
    /// Who is using the app; unknown until the database is open.
    pub account: RwSignal<Option<Account>>,
    /// The state of the sync as the badge shows it.
    pub sync: RwSignal<SyncStatus>,
    /// The repertoires; `None` until first answered.
    pub repertoires: RwSignal<Option<Repertoires>>,
    /// Messages on the screen.
    pub notices: RwSignal<Vec<Notice>>,
    /// The time, for dates in words; moves every half minute, and every second while a retry is counted down.
    pub now: RwSignal<Timestamp>,
    /// Has the browser agreed to keep the data? `None`: not asked yet.
    pub durable: RwSignal<Option<bool>>,
    /// How far a file that is being brought in is, or what goes along into an account.
    pub intake: RwSignal<Option<IntakeProgress>>,
    /// The address typed into a form of the account, for the next one: nobody types it twice on a phone.
    pub typed_email: RwSignal<String>,
    revisions: RwSignal<HashMap<Table, u32>>,
}

/// A list or an object that follows the database.
pub struct Live<T: Send + Sync + 'static> {
    /// The last answer; `None` until the first.
    pub value: RwSignal<Option<T>>,
    /// Why the last question failed.
    pub failure: RwSignal<Option<Failure>>,
    asked: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Live<T> {
    /// Asks once more.
    pub fn again(self) -> Callback<()> {
        Callback::new(move |()| {
            self.asked.try_update(|asked| *asked += 1);
        })
    }
}

impl<T: Send + Sync + 'static> Clone for Live<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Live<T> {}

/// The browser's clock.
pub fn clock() -> Timestamp {
    Timestamp::from(chrono::Utc::now())
}

/// The shared state, from any component.
pub fn app() -> App {
    expect_context::<App>()
}

impl App {
    /// Is this a device of somebody signed in that has never caught up with the server? Then her tunes may still be on their way, and today's
    /// queue is not made yet.
    pub fn first_pull_open(self) -> bool {
        matches!(self.account.get(), Some(Account::SignedIn { .. })) && self.sync.with(|sync| sync.last_pull.is_none())
    }

    /// Were there tunes or an account on this device when the app was last used? Told by localStorage, before the database is open.
    pub fn known(self) -> bool {
        preferences::read(KNOWN).is_some()
    }

    /// Keeps [`App::known`] true, for `public/theme.js` too: a welcome must not flash before somebody's tunes.
    fn remember_whether_known(self) {
        Effect::new(move |_| {
            let (Some(account), Some(none)) =
                (self.account.get(), self.repertoires.with(|r| r.as_ref().map(|r| r.all.is_empty())))
            else {
                return;
            };
            match account {
                Account::LocalOnly { .. } if none => preferences::forget(KNOWN),
                _ => preferences::write(KNOWN, "yes"),
            }
        });
    }

    /// Starts the worker and provides the state to everything below.
    pub fn provide() -> Self {
        let opening = RwSignal::new(Opening::Starting);
        let account = RwSignal::new(None);
        let told = RwSignal::new(SyncStatus::local_only());
        let revisions = RwSignal::new(HashMap::new());
        let durable = RwSignal::new(None);
        let other_release = RwSignal::new(false);
        let intake = RwSignal::new(None);
        let notices = RwSignal::new(Vec::new());
        let client = WorkerClient::start(move |notice| match notice {
            FromWorker::Ready { opened: Ok(Opened { storage, account: who, durable: answer }), .. } => {
                account.set(Some(who));
                durable.set(answer);
                // The first time, or after another tab has taken over: whatever changed in between is asked for again.
                let again = opening.with_untracked(|before| matches!(before, Opening::Open(_)));
                opening.set(Opening::Open(storage));
                if again {
                    revisions.update(|r| Table::ALL.iter().for_each(|t| *r.entry(*t).or_default() += 1));
                }
            }
            FromWorker::Ready { opened: Err(Failure::OtherTab), .. } => opening.set(Opening::OtherTab),
            FromWorker::Ready { opened: Err(failure), .. } => {
                opening.set(Opening::Failed(text::told(&failure.to_string()).to_owned()))
            }
            FromWorker::Changed(tables) => {
                revisions
                    .update(|r: &mut HashMap<Table, u32>| tables.iter().for_each(|t| *r.entry(*t).or_default() += 1));
            }
            FromWorker::Sync(status) => told.set(status),
            FromWorker::Account(who) => {
                // The data may be another person's now: everything shown is asked for again.
                account.set(Some(who));
                revisions.update(|r| Table::ALL.iter().for_each(|t| *r.entry(*t).or_default() += 1));
            }
            FromWorker::Durable(answer) => durable.set(Some(answer)),
            FromWorker::Intake(progress) => intake.set(Some(progress)),
            FromWorker::Told(text) => drop(post(notices, text, NoticeKind::Told)),
            FromWorker::OtherRelease => other_release.set(true),
            FromWorker::Answer { .. } | FromWorker::Alive | FromWorker::Replaced => {}
        });
        let app = App {
            client: StoredValue::new_local(client),
            opening,
            account,
            sync: RwSignal::new(SyncStatus::local_only()),
            repertoires: RwSignal::new(None),
            notices,
            now: RwSignal::new(clock()),
            durable,
            intake,
            typed_email: RwSignal::new(String::new()),
            revisions,
        };
        provide_context(app);
        app.steady_badge(told);
        app.follow_repertoires();
        app.follow_browser();
        app.remember_whether_known();
        Effect::new(move |_| {
            if other_release.get() {
                app.push(
                    t("TuneTrees was updated in another tab. Reload this one when you are ready; what was saved is kept.")
                        .into(),
                    NoticeKind::Problem,
                );
            }
        });
        app
    }

    /// Asks the browser to keep the data even when space runs short; what it said is in [`App::durable`] then.
    pub fn ask_to_persist(self) {
        let client = self.client.get_value();
        spawn_local(async move {
            match ask_to_persist().await {
                Some(answer) => client.durable(answer),
                None => self.say(t("This browser cannot be asked to keep the data.")),
            }
        });
    }

    /// Asks the worker.
    ///
    /// # Errors
    /// The worker's refusal.
    pub async fn call(self, request: impl Into<Request>) -> Result<Response, Failure> {
        let client = self.client.get_value();
        client.call(request.into()).await
    }

    /// Asks the worker in the background; a failure becomes a notice.
    pub fn tell(self, request: impl Into<Request> + 'static, then: impl FnOnce(Response) + 'static) {
        spawn_local(async move {
            match self.call(request).await {
                Ok(response) => then(response),
                Err(failure) => self.problem(&failure),
            }
        });
    }

    /// A number that grows when rows of `tables` change.
    pub fn revision(self, tables: &'static [Table]) -> Memo<u32> {
        Memo::new(move |_| self.revisions.with(|r| tables.iter().filter_map(|t| r.get(t)).sum::<u32>()))
    }

    /// A query that follows the database: asked again when what `request` reads changes, or rows of `tables` do. `request` may say
    /// `None`: nothing to ask yet. `take` picks the expected answer.
    pub fn live<T: Send + Sync + 'static, R: Into<Request> + 'static>(
        self,
        tables: &'static [Table],
        request: impl Fn() -> Option<R> + 'static,
        take: impl Fn(Response) -> Option<T> + Copy + 'static,
    ) -> Live<T> {
        let live = Live { value: RwSignal::new(None), failure: RwSignal::new(None), asked: RwSignal::new(0) };
        let revision = self.revision(tables);
        let wanted = StoredValue::new(0_u32);
        Effect::new(move |_| {
            // Read, not only tracked: a memo that nobody read follows nothing.
            revision.get();
            live.asked.track();
            let Some(request) = request() else { return };
            let ticket = wanted.get_value() + 1;
            wanted.set_value(ticket);
            spawn_local(async move {
                let answer = self.call(request).await;
                // The page may be gone, or a newer question on its way.
                if wanted.try_get_value() != Some(ticket) {
                    return;
                }
                match answer {
                    Ok(response) => {
                        live.failure.try_set(None);
                        if let Some(value) = take(response) {
                            live.value.try_set(Some(value));
                        }
                    }
                    Err(failure) => {
                        live.failure.try_set(Some(failure));
                    }
                }
            });
        });
        live
    }

    /// Shows a message for a few seconds.
    pub fn say(self, text: impl Into<String>) {
        let id = self.push(text.into(), NoticeKind::Passing);
        set_timeout(move || self.dismiss(id), Duration::from_secs(5));
    }

    /// Shows what went wrong until it is closed.
    pub fn problem(self, failure: &Failure) {
        self.push(text::told(&failure.to_string()).to_owned(), NoticeKind::Problem);
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u32) {
        let gone =
            self.notices.try_update(|all| all.iter().position(|notice| notice.id == id).map(|at| all.remove(at)));
        if let Some(Some(Notice { text, kind: NoticeKind::Told, .. })) = gone {
            self.client.get_value().heard(text);
        }
    }

    fn push(self, text: String, kind: NoticeKind) -> u32 {
        post(self.notices, text, kind)
    }

    /// The badge leaves “synced” at once, but returns to it only when it has lasted: no flicker with every rating, and no lie.
    fn steady_badge(self, told: RwSignal<SyncStatus>) {
        Effect::new(move |_| {
            let status = told.get();
            let settled = status.phase == SyncPhase::Synced;
            if settled && self.sync.with_untracked(|shown| shown.phase == SyncPhase::Syncing) {
                set_timeout(
                    move || {
                        if told.with_untracked(|now| *now == status) {
                            self.sync.set(status);
                        }
                    },
                    Duration::from_millis(700),
                );
            } else {
                self.sync.set(status);
            }
        });
    }

    fn follow_repertoires(self) {
        let live = self.live(
            &[Table::Playlist, Table::PlaylistTune, Table::TabGroupMainState, Table::Instrument],
            move || {
                self.account.track();
                Some(LibraryRequest::Repertoires)
            },
            |response| match response {
                Response::Library(LibraryAnswer::Repertoires { all, current }) => Some(Repertoires { all, current }),
                _ => None,
            },
        );
        Effect::new(move |_| {
            if let Some(repertoires) = live.value.get() {
                self.repertoires.set(Some(repertoires));
            }
        });
    }

    fn follow_browser(self) {
        set_interval(move || self.now.set(clock()), Duration::from_secs(30));
        set_interval(
            move || {
                if self.sync.with_untracked(|status| status.phase == SyncPhase::Retrying) {
                    self.now.set(clock());
                }
            },
            Duration::from_secs(1),
        );
        let online = move |on: bool| self.client.with_value(|client| client.online(on));
        window_event_listener(leptos::ev::online, move |_| online(true));
        window_event_listener(leptos::ev::offline, move |_| online(false));
        let visibility = move || {
            let hidden = document().hidden();
            self.client.with_value(|client| client.visible(!hidden));
            if !hidden {
                self.now.set(clock());
            }
        };
        let listener = wasm_bindgen::closure::Closure::<dyn Fn()>::new(visibility);
        let function: &js_sys::Function = wasm_bindgen::JsCast::unchecked_ref(listener.as_ref());
        let _ = document().add_event_listener_with_callback("visibilitychange", function);
        listener.forget();
        if !window().navigator().on_line() {
            online(false);
        }
    }
}

/// What a request handler shares with a form: is it running, and what went wrong.
#[derive(Clone, Copy)]
pub struct Attempt {
    /// Running?
    pub busy: RwSignal<bool>,
    /// What went wrong last.
    pub failure: RwSignal<Option<Failure>>,
}

impl Attempt {
    /// Nothing tried yet.
    pub fn new() -> Self {
        Attempt { busy: RwSignal::new(false), failure: RwSignal::new(None) }
    }

    /// Tries, unless it is running already.
    pub fn go(self, app: App, request: impl Into<Request> + 'static, then: impl FnOnce(Response) + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = app.call(request).await;
            self.busy.try_set(false);
            match answer {
                Ok(response) => then(response),
                Err(failure) => {
                    self.failure.try_set(Some(failure));
                }
            }
        });
    }
}

/// Adds a message to those on the screen, three at most; what was told of her data makes way for nothing.
fn post(notices: RwSignal<Vec<Notice>>, text: String, kind: NoticeKind) -> u32 {
    thread_local! {
        static LAST: Cell<u32> = const { Cell::new(0) };
    }
    // Never used twice: the timer of a message must not close another one.
    let id = LAST.get().wrapping_add(1);
    LAST.set(id);
    notices.update(|all| {
        // Said again to a tab that shows it already.
        if kind == NoticeKind::Told && all.iter().any(|notice| notice.text == text) {
            return;
        }
        all.retain(|notice| notice.text != text);
        if all.len() > 2
            && let Some(oldest) = all.iter().position(|notice| notice.kind != NoticeKind::Told)
        {
            all.remove(oldest);
        }
        all.push(Notice { id, text, kind });
    });
    id
}
