//! What all pages share: the line to the worker, who is signed in, the state of the sync, the repertoires, notices.
//!
//! One direction: pages ask and write through the worker, its change notices make [`App::live`] queries ask again. Nothing here
//! is a second copy of the truth; a query keeps its last answer on the screen while it asks anew.

mod attempt;
mod follow;
mod kept;
mod live;
mod notices;

use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

pub use self::attempt::Attempt;
pub use self::kept::Kept;
pub use self::live::Live;
pub use self::notices::{Notice, NoticeKind};
use crate::domain::ids::PlaylistId;
use crate::domain::repertoire::Repertoire;
use crate::domain::time::Timestamp;
use crate::store::schema::Table;
use crate::sync::status::SyncStatus;
use crate::ui::text::{self, t};
use crate::worker::client::WorkerClient;
use crate::worker::protocol::{Account, Failure, FromWorker, IntakeProgress, Opened, Request, Response, StorageMode};

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
                    live::changed(revisions, &Table::ALL);
                }
            }
            FromWorker::Ready { opened: Err(Failure::OtherTab), .. } => opening.set(Opening::OtherTab),
            FromWorker::Ready { opened: Err(failure), .. } => {
                opening.set(Opening::Failed(text::told(&failure.to_string()).to_owned()))
            }
            FromWorker::Changed(tables) => live::changed(revisions, &tables),
            FromWorker::Sync(status) => told.set(status),
            FromWorker::Account(who) => {
                // The data may be another person's now: everything shown is asked for again.
                account.set(Some(who));
                live::changed(revisions, &Table::ALL);
            }
            FromWorker::Durable(answer) => durable.set(Some(answer)),
            FromWorker::Intake(progress) => intake.set(Some(progress)),
            FromWorker::Told(text) => drop(notices::post(notices, text, NoticeKind::Told)),
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
}
