//! What can go wrong between device and server, and what to do about it: one table over every status and code.
//!
//! Knows the words of PostgREST and PostgreSQL, no HTTP client. `docs/sync.md` explains the verdicts.

use std::time::Duration;

use crate::remedies::{Remedy, on};

/// Why a request brought no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// No answer at all: no network, name not found, connection refused or cut.
    #[error("The server cannot be reached ({0}).")]
    Network(String),
    /// No answer in time.
    #[error("The server did not answer within {0} seconds.")]
    Timeout(u64),
    /// An answer, but not from our server: the sign-in page of a network, a proxy's error page, half a document.
    #[error(
        "Something else answered instead of the server (status {status}, {found}). Does this network want a sign-in?"
    )]
    NotOurs {
        /// HTTP status.
        status: u16,
        /// What came: the content type, or what did not fit.
        found: String,
    },
    /// Not sent: what is sent has to be stored on this device first.
    #[error("Nothing was sent, because this device could not store it first: {0}")]
    NotStored(String),
    /// The server refused, with its reason.
    #[error("The server answered {status}{}: {message}", .code.as_ref().map(|c| format!(" ({c})")).unwrap_or_default())]
    Status {
        /// HTTP status.
        status: u16,
        /// PostgREST's or PostgreSQL's code.
        code: Option<String>,
        /// The server's words.
        message: String,
        /// How long the server asks to be left alone.
        retry_after: Option<Duration>,
    },
}

impl RemoteError {
    /// How long the server asked to be left alone.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            RemoteError::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// What to do after a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Passing trouble: the same again, after a growing pause.
    Retry,
    /// The access token is not accepted: refresh it once, then the same again.
    RefreshToken,
    /// Too slow: less at once, after a growing pause. What cannot be made smaller is sent again.
    LessAtOnce,
    /// Something in the batch is too much or unacceptable: send less; a single operation is refused.
    SplitBatch,
    /// The server takes no edits from an app this old: pushes stop until it is updated, everything else goes on.
    Outdated,
    /// App and server do not fit together (key, migrations): tell the person, keep everything, ask again rarely.
    Misfit,
}

/// The table. Operations refused one by one inside a successful push never come here.
pub fn verdict(error: &RemoteError) -> Verdict {
    let (status, code) = match error {
        // A proxy on the way takes no more than so many bytes.
        RemoteError::NotOurs { status: 413, .. } => return Verdict::LessAtOnce,
        RemoteError::Network(_) | RemoteError::Timeout(_) | RemoteError::NotOurs { .. } | RemoteError::NotStored(_) => {
            return Verdict::Retry;
        }
        RemoteError::Status { status, code, .. } => (*status, code.as_deref().unwrap_or("")),
    };
    // Codes say more than statuses, which gateways change.
    match code {
        _ if !on(Remedy::FailuresTold) => return Verdict::SplitBatch,
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => return Verdict::Retry,
        // Statement timeout: less work in one call, once the server has taken breath.
        "57014" if on(Remedy::SlowRetried) => return Verdict::LessAtOnce,
        "57014" => return Verdict::SplitBatch,
        // Token undecodable, anonymous calls disabled, claims (expired, not yet valid).
        "PGRST301" | "PGRST302" | "PGRST303" => return Verdict::RefreshToken,
        // Raised by sync_push itself; status 426.
        "PT426" if on(Remedy::SchemaGate) => return Verdict::Outdated,
        // No such function, ambiguous function, no such table, no jwt secret, schema not exposed.
        "PGRST202" | "PGRST203" | "PGRST205" | "PGRST300" | "PGRST106" => return Verdict::Misfit,
        // Same row twice in one statement, recursive policy: defects of the server's functions.
        "21000" | "42P17" | "42883" | "42P01" | "42703" => return Verdict::Misfit,
        // Database down, no connection, schema cache loading, pool timeout.
        "PGRST000" | "PGRST001" | "PGRST002" | "PGRST003" => return Verdict::Retry,
        _ => {}
    }
    match status {
        // With a code (42501): the call ran as anon, so the token was not taken. Without: the gateway rejects our api key.
        401 if code.is_empty() => Verdict::Misfit,
        401 => Verdict::RefreshToken,
        // 42501 for the whole call: no right to call the function. Without a code: a gateway or a network's filter.
        403 if code.is_empty() => Verdict::Retry,
        403 => Verdict::Misfit,
        404 | 405 | 406 | 415 | 416 => Verdict::Misfit,
        408 | 425 | 429 => Verdict::Retry,
        426 if on(Remedy::SchemaGate) => Verdict::Outdated,
        // Bad data somewhere in the batch: 22xxx, 23xxx, P0001, PGRST102, and too large.
        400 | 409 | 413 | 414 | 422 | 431 => Verdict::SplitBatch,
        // Project paused (402, 540), redirects of a portal, every server error.
        _ => Verdict::Retry,
    }
}

/// May something in a batch be at fault for this answer, which tells nothing of it: a filter or proxy on the way that takes offence at a text,
/// or a defect of the server (class XX) that one row meets? Only what becomes of other calls tells.
pub fn takes_offence(error: &RemoteError) -> bool {
    match error {
        RemoteError::NotOurs { status, .. } => matches!(status, 400 | 403 | 406),
        RemoteError::Status { code, .. } => code.as_deref().is_some_and(|code| code.starts_with("XX")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16, code: &str) -> RemoteError {
        let code = (!code.is_empty()).then(|| code.to_owned());
        RemoteError::Status { status, code, message: String::new(), retry_after: None }
    }

    fn not_ours(status: u16) -> RemoteError {
        RemoteError::NotOurs { status, found: "text/html".into() }
    }

    /// Row by row what the table of failures in `docs/sync.md` names; all that it names is here.
    #[test]
    fn the_table() {
        type Named = (Verdict, &'static [(u16, &'static str)]);
        let rows: [Named; 12] = [
            // The lane waits.
            (Verdict::Retry, &[(408, ""), (425, ""), (429, ""), (500, ""), (502, ""), (503, ""), (504, ""), (599, "")]),
            (Verdict::Retry, &[(409, "40001"), (500, "40P01"), (400, "55P03")]),
            (Verdict::Retry, &[(503, "PGRST000"), (503, "PGRST001"), (503, "PGRST002"), (504, "PGRST003")]),
            (Verdict::Retry, &[(402, ""), (540, ""), (403, ""), (301, ""), (302, ""), (307, ""), (308, ""), (418, "")]),
            // One refresh.
            (Verdict::RefreshToken, &[(401, "42501"), (401, "PGRST301"), (401, "PGRST302"), (401, "PGRST303")]),
            // Less at once, never refused.
            (Verdict::LessAtOnce, &[(500, "57014")]),
            // Half the batch, then refused.
            (Verdict::SplitBatch, &[(400, ""), (409, ""), (413, ""), (414, ""), (422, ""), (431, "")]),
            (
                Verdict::SplitBatch,
                &[(400, "22P05"), (400, "22023"), (409, "23505"), (409, "23503"), (400, "P0001"), (400, "PGRST102")],
            ),
            // Said, and tried again rarely.
            (Verdict::Outdated, &[(426, ""), (426, "PT426")]),
            (Verdict::Misfit, &[(401, ""), (403, "42501"), (404, ""), (405, ""), (406, ""), (415, ""), (416, "")]),
            (
                Verdict::Misfit,
                &[(406, "PGRST106"), (404, "PGRST202"), (300, "PGRST203"), (404, "PGRST205"), (500, "PGRST300")],
            ),
            (Verdict::Misfit, &[(500, "21000"), (500, "42P17"), (404, "42883"), (404, "42P01"), (400, "42703")]),
        ];
        for (wanted, named) in rows {
            for (number, code) in named {
                assert_eq!(verdict(&status(*number, code)), wanted, "{number} {code}");
            }
        }
        for (error, wanted, offence) in [
            (RemoteError::Network("refused".into()), Verdict::Retry, false),
            (RemoteError::Timeout(30), Verdict::Retry, false),
            (RemoteError::NotStored("full".into()), Verdict::Retry, false),
            (not_ours(200), Verdict::Retry, false),
            (not_ours(413), Verdict::LessAtOnce, false),
            // Something in the batch may be at fault: what becomes of a pull tells.
            (not_ours(400), Verdict::Retry, true),
            (not_ours(403), Verdict::Retry, true),
            (not_ours(406), Verdict::Retry, true),
            (status(500, "XX000"), Verdict::Retry, true),
        ] {
            assert_eq!((verdict(&error), takes_offence(&error)), (wanted, offence), "{error}");
        }
    }

    /// A code decides whatever status a gateway has made of it.
    #[test]
    fn a_code_says_more_than_a_status() {
        for number in [200, 302, 400, 401, 403, 404, 409, 413, 426, 500, 503] {
            for (code, wanted) in [
                ("40001", Verdict::Retry),
                ("57014", Verdict::LessAtOnce),
                ("PGRST303", Verdict::RefreshToken),
                ("PT426", Verdict::Outdated),
                ("PGRST202", Verdict::Misfit),
                ("42P17", Verdict::Misfit),
                ("PGRST002", Verdict::Retry),
            ] {
                assert_eq!(verdict(&status(number, code)), wanted, "{number} {code}");
            }
        }
    }

    #[test]
    fn every_status_has_a_verdict_and_no_success_is_fatal() {
        for code in ["", "23505", "XX000", "PGRST100"] {
            for number in 100..600 {
                let _ = verdict(&status(number, code));
            }
        }
        assert_eq!(verdict(&status(200, "")), Verdict::Retry);
    }
}
