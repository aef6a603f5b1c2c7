//! What a run did, in numbers: a simulation in which nothing went wrong proves nothing.

macro_rules! tally {
    ($($name:ident: $words:literal,)*) => {
        #[derive(Clone, Copy, Default)]
        pub struct Tally {
            $(pub $name: u64,)*
        }

        impl Tally {
            pub fn add(&mut self, other: &Tally) {
                $(self.$name += other.$name;)*
            }

            pub fn lines(&self) -> Vec<(&'static str, u64)> {
                vec![$(($words, self.$name),)*]
            }
        }
    };
}

tally! {
    edits: "local edits",
    writes: "column values written by them",
    pushes: "pushes sent",
    pulls: "pulls sent",
    published: "published changes, references checked at each",
    refreshes: "session renewals",
    kills: "tabs killed",
    kills_after_edit: "of them between an edit and its announcement",
    lost_requests: "requests lost",
    lost_replies: "replies lost after taking effect",
    late: "requests that arrived after their time-out",
    twice: "requests that arrived twice",
    refused_calls: "calls answered with an error status",
    garbled: "answers that were not ours",
    held: "commits that came late",
    lost_rings: "rings lost",
    outages: "outages, portals, server downtimes",
    jumps: "clock jumps",
    sleeps: "sleeps and throttlings",
    stolen: "databases taken over by another tab, and back",
    outdated: "times when the server asked for a newer app",
    closed: "apps closed for a while",
    evictions: "databases evicted",
    tabs: "tabs opened beside one another",
    takeovers: "workers started by one of several tabs",
    locks_taken: "locks taken from a tab that did not answer",
    hung: "owners that stood still",
    frozen: "owners put aside by the browser",
    calls: "calls to the owner's database, by it or another tab",
    repeated: "calls that came again and had been carried out",
    unsure: "calls whose end nobody knows, and that say so",
    full_disks: "disks full for a while",
    full_pages: "pages for which there was no room",
    full_edits: "edits for which there was no room, and that say so",
    damaged: "database files damaged and made anew",
    salvaged: "unsent edits carried over from them",
    upgrades: "apps updated",
    upgraded_edits: "unsent edits in their files at that moment",
    hidden: "public rows hidden or given to somebody",
    shown: "rows made public",
    removed: "public rows taken out of the catalog",
    restores: "servers restored from a backup",
    old_backups: "of them by a backup from before a column",
    purges: "tombstone purges",
    sessions: "sessions ended or taken over by somebody else",
    copied: "profiles copied over another device's",
    copied_edits: "unsent edits in them, which both went on to send",
    reused: "refresh tokens used by two, and the session ended for both",
    portal_statuses: "pages of portals that called themselves errors",
    public_notes: "notes made public",
    short_tokens: "devices with tokens of less than 100 s",
    newest_rows: "devices that settle by the newest row",
    chosen: "conflicts settled by a person",
    asked: "of them undecided until then",
    retried: "refused edits tried again by a person",
    discarded: "refused edits given up",
    given_up: "values that went with them",
    bad_rows: "rows that the server must refuse",
    refused: "edits that ended as refused, with a reason",
    superseded: "writes superseded by a later one elsewhere",
    logged: "writes that lost and are in the conflict log",
    by_policy: "deletions and revivals settled by policy",
    evicted_writes: "unsent writes lost with an evicted database",
}
