//! What the parts of the practice page share: the queue that is shown, the tune on the stand, and everything one does to them.
//!
//! A choice is shown before the worker has it on disk: the next tune is at hand at once. What fails is taken off the screen again, in words.

use std::cell::Cell;
use std::collections::HashMap;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::choices::Choices;
use crate::domain::ids::{PlaylistId, QueueEntryId, TuneId};
use crate::domain::practice::{QueueEntry, QueueView, Rating, RatingPreview, Undoable};
use crate::domain::scheduling::{Manner, Technique};
use crate::domain::time::{CalendarDate, Timestamp, Zone};
use crate::store::schema::Table;
use crate::ui::model::further::{Further, further};
use crate::ui::model::previews::{Asked, Previews};
use crate::ui::model::queue::{self, Change, Pending};
use crate::ui::state::{App, Attempt, Live, clock};
use crate::ui::text::say;
use crate::worker::protocol::{PracticeAnswer, PracticeRequest, Response};

const TABLES: &[Table] = &[
    Table::DailyPracticeQueue,
    Table::PlaylistTune,
    Table::PracticeRecord,
    Table::Playlist,
    Table::Tune,
    Table::TuneOverride,
    Table::TableTransientData,
    Table::PrefsSpacedRepetition,
    Table::PrefsSchedulingOptions,
];
const PREVIEW_TABLES: &[Table] =
    &[Table::PracticeRecord, Table::PrefsSpacedRepetition, Table::UserProfile, Table::Playlist];

/// The shared handles of the page's parts.
#[derive(Clone, Copy)]
pub struct Session {
    /// The app.
    pub app: App,
    /// What the worker told last.
    pub answer: Live<Option<QueueView>>,
    /// Has the device yet to catch up with the account? Until then there is no queue of today.
    pub arriving: Memo<bool>,
    /// The queue as it is shown.
    pub queue: Memo<Option<QueueView>>,
    /// A day chosen by hand; `None`: the queue she is in the middle of.
    pub date: RwSignal<Option<CalendarDate>>,
    /// A tune chosen by hand.
    pub chosen: RwSignal<Option<QueueEntryId>>,
    /// The tune on the stand.
    pub current: Memo<Option<QueueEntry>>,
    /// What can be taken back.
    pub undo: Memo<Option<Undoable>>,
    /// Is its card turned?
    pub turned: RwSignal<bool>,
    /// How this device shows practice.
    pub choices: Choices,
    /// The technique chosen for a tune, until it is rated.
    pub technique: RwSignal<HashMap<TuneId, Technique>>,
    /// Requests one waits for.
    pub attempt: Attempt,
    /// The tune whose menu is open.
    pub menu: RwSignal<Option<QueueEntryId>>,
    previews: RwSignal<Previews>,
    pending: RwSignal<Vec<Pending>>,
}

impl Session {
    /// For the page that is being opened.
    pub fn open(app: App) -> Self {
        let repertoire = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
        let date = RwSignal::new(None);
        let arriving = Memo::new(move |_| app.first_pull_open());
        let answer = app.live(
            TABLES,
            move || {
                repertoire.get();
                arriving.track();
                app.account.track();
                Some(match date.get() {
                    None => PracticeRequest::CurrentQueue,
                    Some(date) => PracticeRequest::QueueOf { date },
                })
            },
            |response| match response {
                Response::Practice(PracticeAnswer::Queue(queue)) => Some(queue),
                _ => None,
            },
        );
        let pending = RwSignal::new(Vec::new());
        let queue = Memo::new(move |_| {
            let told = answer.value.with(|answer| answer.clone().flatten())?;
            Some(pending.with(|pending| queue::with_pending(told, pending)))
        });
        let chosen = RwSignal::new(None);
        let current = Memo::new(move |_| {
            queue.with(|queue| queue.as_ref().and_then(|q| queue::current(q, chosen.get()).cloned()))
        });
        let undo = Memo::new(move |_| {
            let today = chrono::Local.date_at(app.now.get());
            queue.with(|queue| queue::undoable(queue.as_ref()?, date.get(), today).cloned())
        });
        let session = Session {
            app,
            answer,
            arriving,
            queue,
            date,
            chosen,
            current,
            undo,
            turned: RwSignal::new(false),
            choices: Choices::kept(app),
            technique: RwSignal::new(HashMap::new()),
            attempt: Attempt::new(),
            menu: RwSignal::new(None),
            previews: RwSignal::new(Previews::default()),
            pending,
        };
        // Another repertoire: another queue, from its beginning.
        Effect::new(move |before: Option<Option<_>>| {
            let now = repertoire.get();
            if before.flatten().is_some_and(|before| Some(before) != now) {
                date.set(None);
                chosen.set(None);
            }
            now
        });
        let on_stand = Memo::new(move |_| current.with(|entry| entry.as_ref().map(|entry| entry.id)));
        Effect::new(move |_| {
            on_stand.get();
            session.turned.set(false);
        });
        session.look_ahead();
        session
    }

    /// Keeps the dates for the tune on the stand and the one after it at hand.
    fn look_ahead(self) {
        let revision = self.app.revision(PREVIEW_TABLES);
        Effect::new(move |before: Option<u32>| {
            let now = revision.get();
            if before.is_some_and(|before| before != now) {
                self.previews.set(Previews::default());
            }
            now
        });
        let wanted = Memo::new(move |_| {
            self.queue.with(|queue| {
                let Some(queue) = queue else { return Vec::new() };
                let current = self.current.with(|entry| entry.as_ref().map(|entry| entry.id));
                let next = current.and_then(|id| queue::next_after(queue, id));
                let ids = [current, next].into_iter().flatten();
                let entries = ids.filter_map(|id| queue.entries.iter().find(|entry| entry.id == id));
                entries.map(|entry| (queue.playlist, entry.tune, self.manner(entry))).collect::<Vec<_>>()
            })
        });
        Effect::new(move |_| {
            revision.get();
            // While a card lies there the day may change.
            self.app.now.track();
            for (playlist, tune, manner) in wanted.get() {
                self.ask_previews(playlist, tune, manner);
            }
        });
    }

    /// Asks what the ratings would do, unless it is known.
    fn ask_previews(self, playlist: PlaylistId, tune: TuneId, manner: Manner) {
        let (asked, at) = (Asked::of(playlist, tune, &manner), clock());
        if !self.previews.with_untracked(|known| known.wants(&asked, at, &chrono::Local)) {
            return;
        }
        let request = PracticeRequest::PreviewRatings { playlist, tune, manner: Some(manner) };
        spawn_local(async move {
            if let Ok(Response::Practice(PracticeAnswer::Previews(previews))) = self.app.call(request).await {
                self.previews.try_update(|known| known.keep(asked, at, previews));
            }
        });
    }

    /// How a tune is practised: as it is set, with the technique chosen just now.
    pub fn manner(self, entry: &QueueEntry) -> Manner {
        let technique = self.technique.with(|chosen| chosen.get(&entry.tune).cloned());
        let mut manner = entry.manner.clone();
        manner.technique = technique.unwrap_or(manner.technique);
        manner
    }

    /// What a rating at `now` would do to the tune of a row, if that is known already.
    pub fn preview(self, entry: &QueueEntry, rating: Rating, now: Timestamp) -> Option<RatingPreview> {
        let playlist = self.queue.with(|queue| queue.as_ref().map(|queue| queue.playlist))?;
        let asked = Asked::of(playlist, entry.tune, &self.manner(entry));
        self.previews.with(|known| known.of(&asked, rating, now))
    }

    /// Is the day that is shown over, or not yet begun?
    pub fn other_day(self) -> Option<CalendarDate> {
        let today = chrono::Local.date_at(self.app.now.get());
        self.queue.with(|queue| queue.as_ref().map(|queue| queue.day.date)).filter(|date| *date != today)
    }

    /// How practice can go on when the queue that is shown is played.
    pub fn further(self) -> Further {
        let today = chrono::Local.date_at(self.app.now.get());
        let chosen = self.date.get();
        self.queue.with(|queue| queue.as_ref().map_or(Further::No, |queue| further(queue, chosen, today)))
    }

    /// May tunes of the day that is shown be rated? Not those of a day to come, and not those of a day looked up in the past.
    pub fn may_rate(self) -> bool {
        let today = chrono::Local.date_at(self.app.now.get());
        let chosen = self.date.get();
        self.queue
            .with(|queue| queue.as_ref().is_some_and(|queue| queue.stored && chosen.is_none_or(|date| date == today)))
    }

    /// Rates the tune on the stand.
    pub fn rate_current(self, rating: Rating) {
        if let Some(entry) = self.current.get_untracked() {
            let day = self.queue.with_untracked(|queue| queue.as_ref().map(|queue| queue.day));
            let repeat = day.is_some_and(|day| entry.again_at(day).is_some());
            if !entry.is_rated() || repeat {
                let next = self.queue.with_untracked(|queue| queue::next_after(queue.as_ref()?, entry.id));
                self.stage(&entry, Some(rating), repeat);
                // After a jump, practice goes on from there.
                self.chosen.update(|chosen| *chosen = chosen.and(next));
            }
        }
    }

    /// Chooses a rating for the tune of a row (`None` takes the choice back). It is on the screen before it is on the disk.
    pub fn stage(self, entry: &QueueEntry, rating: Option<Rating>, repeat: bool) {
        if !untrack(move || self.may_rate()) {
            return;
        }
        let Some(date) = self.shown_date() else { return };
        let manner = untrack(|| self.manner(entry));
        let now = clock();
        let preview = rating.and_then(|rating| untrack(|| self.preview(entry, rating, now)));
        let staged = rating.map(|rating| queue::expected(rating, preview.as_ref(), now));
        let request =
            PracticeRequest::Stage { date, entry: entry.id, rating, technique: Some(manner.technique), repeat };
        self.at_once(entry.id, Change::Choice(staged), request);
    }

    /// Puts a tune aside: until tomorrow, or until further notice.
    pub fn put_aside(self, entry: QueueEntryId, for_long: bool) {
        let Some(date) = self.shown_date() else { return };
        let request =
            if for_long { PracticeRequest::Suspend { date, entry } } else { PracticeRequest::Bury { date, entry } };
        let next = self.queue.with_untracked(|queue| queue::next_after(queue.as_ref()?, entry));
        self.chosen.update(|chosen| *chosen = chosen.and(next));
        self.at_once(entry, Change::Gone, request);
    }

    fn at_once(self, entry: QueueEntryId, change: Change, request: PracticeRequest) {
        thread_local! {
            static LAST: Cell<u32> = const { Cell::new(0) };
        }
        let ticket = LAST.get().wrapping_add(1);
        LAST.set(ticket);
        self.attempt.failure.set(None);
        self.pending.update(|all| all.push(Pending { ticket, entry, change }));
        spawn_local(async move {
            let answer = self.app.call(request).await;
            let confirmed = answer.is_ok();
            batch(|| {
                if let Ok(response) = answer {
                    self.take(response);
                } else if let Err(failure) = answer {
                    self.attempt.failure.try_set(Some(failure));
                }
                self.pending.try_update(|all| all.retain(|pending| pending.ticket != ticket));
            });
            if !confirmed {
                self.chosen.try_set(Some(entry));
            }
        });
    }

    /// Is everything that was done on the disk?
    pub fn is_saved(self) -> bool {
        self.pending.with(Vec::is_empty)
    }

    /// The day whose queue is shown.
    pub fn shown_date(self) -> Option<CalendarDate> {
        self.queue.with_untracked(|queue| queue.as_ref().map(|queue| queue.day.date))
    }

    /// Submits what is staged.
    pub fn submit(self) {
        let Some(date) = self.shown_date() else { return };
        let count = self.queue.with_untracked(|queue| queue.as_ref().map_or(0, QueueView::staged));
        self.attempt.go(self.app, PracticeRequest::Submit { date }, move |response| {
            self.take(response);
            self.app
                .say(say!("Submitted {ratings}", ratings = crate::ui::model::locale::counted(count as i64, "rating")));
        });
    }

    /// Takes the last thing back.
    pub fn undo(self) {
        let Some(date) = self.shown_date() else { return };
        let Some(last) = self.undo.get_untracked() else { return };
        self.attempt.go(self.app, PracticeRequest::Undo { date }, move |response| {
            // Back on the stand, to be rated again.
            let entry = match &response {
                Response::Practice(PracticeAnswer::Queue(Some(queue))) => {
                    queue.entries.iter().find(|entry| entry.tune == last.tune).map(|entry| entry.id)
                }
                _ => None,
            };
            self.take(response);
            self.chosen.set(entry);
        });
    }

    /// Makes today's queue.
    pub fn new_queue(self) {
        self.attempt.go(self.app, PracticeRequest::NewQueue, move |response| self.turn_to_today(response));
    }

    /// Shows the queue of today that came as an answer.
    pub fn turn_to_today(self, response: Response) {
        self.chosen.set(None);
        let stored = matches!(&response, Response::Practice(PracticeAnswer::Queue(Some(queue))) if queue.stored);
        // A free day is not written down: it is shown because it was asked for.
        let today = chrono::Local.date_at(clock());
        self.date.set((!stored).then_some(today));
        self.take(response);
    }

    /// Shows the day before or after.
    pub fn show(self, date: Option<CalendarDate>) {
        self.chosen.set(None);
        self.date.set(date);
    }

    /// Puts the tune before or after on the stand.
    pub fn go(self, forward: bool) {
        let Some(entry) = self.current.get_untracked() else { return };
        let to = self.queue.with_untracked(|queue| queue::beside(queue.as_ref()?, entry.id, forward));
        if to.is_some() {
            self.chosen.set(to);
        }
    }

    /// Takes a queue that came as an answer.
    pub fn take(self, response: Response) {
        if let Response::Practice(PracticeAnswer::Queue(queue)) = response {
            self.answer.value.try_set(Some(queue));
        }
    }
}
