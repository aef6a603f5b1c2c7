//! What keeps the sync whole, remedy by remedy, so that a test can switch one off and see whether the tests notice (`cargo xtask
//! mutants`). Remedies of one number are against one and the same pitfall.
//!
//! Without the feature `mutants` every remedy is on, and the question costs nothing. May be used by every room; knows none.

macro_rules! remedies {
    ($($(#[$doc:meta])* $name:ident = $pitfall:literal,)*) => {
        /// Something without which an edit could be lost, or a device could differ from another for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Remedy {
            $($(#[$doc])* $name,)*
        }

        impl Remedy {
            /// All of them.
            pub const ALL: &[Remedy] = &[$(Remedy::$name,)*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Remedy::$name => stringify!($name),)* }
            }

            /// Which pitfall it is against.
            pub const fn pitfall(self) -> u32 {
                match self { $(Remedy::$name => $pitfall,)* }
            }
        }
    };
}

remedies! {
    /// Pulls go by the server's own position, not by the stamps of the devices' clocks. (Server.)
    ServerPosition = 1,
    /// Pulls stop before the oldest transaction that still runs. (Server.)
    SnapshotHorizon = 2,
    /// The cursor names a row, so that a page may end within a transaction. (Server.)
    UniqueCursor = 3,
    /// A ring during a pull is not forgotten: one more follows.
    RingRemembered = 4,
    /// The upper bound is fixed on the first page. (Server.)
    FixedBound = 5,
    /// The interface hears of a pull once, when parents and children are there.
    PublishedOnce = 5,
    /// A pull goes on until the server says that there is no more.
    PagesToTheEnd = 6,
    /// A queued row is merged with what comes in, not overwritten.
    PendingMerged = 7,
    /// What is not later than what is here is skipped.
    OlderSkipped = 8,
    /// Pulls go on by timer, whether or not the bell rings.
    PollsWithoutBell = 10,
    /// Local stamps are later than every stamp seen.
    HybridClock = 11,
    /// Stamps from the future are cut. (Server.)
    StampClamp = 11,
    /// Of two equal stamps the same one wins everywhere.
    TieBreak = 12,
    /// Instants have one form.
    CanonicalTime = 13,
    /// Of what did not come with everything the server is asked before it is removed.
    AskedBeforeRemoved = 14,
    /// A device that was away longer than tombstones are kept compares everything. (Server, too.)
    TombstoneFloor = 14,
    /// A row that says again what the server has is not sent.
    ChangedBackDropped = 15,
    /// An edit of another version than the one that stands is not applied. (Server.)
    CompareAndSet = 16,
    /// Each table has its rule for delete against edit.
    DeletePolicies = 17,
    /// Two edits of different fields both survive.
    FieldMerge = 18,
    /// Ratings that come in change the schedule.
    ScheduleRecomputed = 19,
    /// Practice records are history. (Server.)
    RecordsKept = 19,
    /// Rows that two devices may both make have one id.
    NaturalIds = 20,
    /// Nobody writes over a row of another person. (Server.)
    OthersProtected = 21,
    /// The same operation again is recognised. (Server.)
    ResendRecognised = 22,
    /// What was sent without an answer is remembered.
    SentRemembered = 22,
    /// An answer settles the entry only if nothing was edited since it was sent.
    RevisionsCompared = 23,
    /// The page and the cursor behind it are stored together.
    CursorWithPage = 24,
    /// Parents are sent before their children.
    ParentsFirst = 25,
    /// What hangs on a refused row is held back with it.
    ChainsHeld = 25,
    /// Children refused for want of a parent come back with it.
    ChildrenReadmitted = 25,
    /// One operation that is refused does not undo the others. (Server.)
    SavepointPerOp = 26,
    /// What is refused is put aside, not thrown away.
    RefusedKept = 26,
    /// A write that meets no row is not reported as done. (Server.)
    NoopNoticed = 27,
    /// Each kind of failure has its answer.
    FailuresTold = 28,
    /// One operation that took too long is sent again, not put aside.
    SlowRetried = 28,
    /// An answer must fit its question.
    AnswersChecked = 28,
    /// Columns that were not sent keep their value. (Server.)
    ColumnsKept = 29,
    /// Batches end where a local transaction ends.
    WholeTransactions = 30,
    /// Who has lost the lock neither sends nor writes.
    OneOwner = 31,
    /// Rows that come in are not queued.
    ApplyingQueuesNothing = 32,
    /// A write without a change is no new version. (Server.)
    UnchangedSilent = 32,
    /// Nothing is sent under another person's name.
    OwnName = 33,
    /// One refresh of the session at a time.
    SingleRefresh = 33,
    /// Another history of the server is noticed.
    EpochCompared = 34,
    /// A push names the history that it builds on, and no other takes it. (Server, too.)
    EpochWithPush = 34,
    /// What a server that was set back has lost is sent again.
    LostSentAgain = 34,
    /// After an update that knows more columns everything is pulled anew.
    ColumnsFilled = 35,
    /// Columns of a newer server are ignored.
    NewColumnsIgnored = 35,
    /// A server that wants a newer app is obeyed without losing anything.
    SchemaGate = 35,
    /// Numbers keep all their digits.
    NumbersKept = 36,
    /// A pull that was cut goes on where it was.
    PagesResumed = 37,
    /// Something pending is something wanted.
    PendingWanted = 38,
    /// Pauses grow.
    PausesGrow = 38,
}

/// Is it switched on? Always, unless a test has switched it off.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
pub const fn on(_: Remedy) -> bool {
    true
}

/// Does something with every remedy switched on.
#[cfg(not(feature = "mutants"))]
pub fn whole<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(feature = "mutants")]
pub use switch::{on, whole};

#[cfg(feature = "mutants")]
mod switch {
    use std::cell::Cell;

    use super::Remedy;

    thread_local! {
        /// The environment names the first one, so that any test program can be run without a remedy.
        static OFF: Cell<Option<Remedy>> = Cell::new(named(&std::env::var("TUNETREES_MUTANT").unwrap_or_default()));
    }

    fn named(name: &str) -> Option<Remedy> {
        Remedy::ALL.iter().copied().find(|remedy| remedy.name() == name)
    }

    /// Is it switched on in this thread?
    pub fn on(remedy: Remedy) -> bool {
        OFF.get() != Some(remedy)
    }

    /// Does something with every remedy switched on.
    pub fn whole<T>(work: impl FnOnce() -> T) -> T {
        let off = OFF.replace(None);
        let done = work();
        OFF.set(off);
        done
    }
}
