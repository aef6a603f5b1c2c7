//! The `Prefer` header: what is asked, and what `Preference-Applied` says was done.

use axum::http::HeaderMap;

use super::error::ApiError;

/// What a write sends back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// Nothing.
    Minimal,
    /// `Location` of a single new row.
    HeadersOnly,
    /// The rows.
    Representation,
}

/// What an insert does with a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Updates the existing row.
    Merge,
    /// Leaves it.
    Ignore,
}

/// How the total is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// By counting.
    Exact,
    /// From the planner.
    Planned,
    /// By counting up to the row limit, beyond from the planner.
    Estimated,
}

/// The preferences of a request.
#[derive(Debug, Clone, Default)]
pub struct Preferences {
    /// `return=`
    pub returning: Option<Return>,
    /// `resolution=`
    pub resolution: Option<Resolution>,
    /// `missing=`; true: the column's default, false: null.
    pub missing_default: Option<bool>,
    /// `count=`
    pub count: Option<Count>,
    /// `handling=`; true: strict.
    pub strict: Option<bool>,
    /// `timezone=`
    pub timezone: Option<String>,
    /// `max-affected=`
    pub max_affected: Option<i64>,
    /// Preferences nobody knows, as sent.
    pub unknown: Vec<String>,
}

impl Preferences {
    /// Reads all `Prefer` headers; of a repeated preference the first counts.
    pub fn parse(headers: &HeaderMap) -> Preferences {
        let mut got = Preferences::default();
        let values = headers.get_all("prefer").iter().filter_map(|v| v.to_str().ok());
        for item in values.flat_map(|v| v.split(',')).map(str::trim).filter(|item| !item.is_empty()) {
            match item {
                "return=minimal" => set(&mut got.returning, Return::Minimal),
                "return=headers-only" => set(&mut got.returning, Return::HeadersOnly),
                "return=representation" => set(&mut got.returning, Return::Representation),
                "resolution=merge-duplicates" => set(&mut got.resolution, Resolution::Merge),
                "resolution=ignore-duplicates" => set(&mut got.resolution, Resolution::Ignore),
                "missing=default" => set(&mut got.missing_default, true),
                "missing=null" => set(&mut got.missing_default, false),
                "count=exact" => set(&mut got.count, Count::Exact),
                "count=planned" => set(&mut got.count, Count::Planned),
                "count=estimated" => set(&mut got.count, Count::Estimated),
                "handling=strict" => set(&mut got.strict, true),
                "handling=lenient" => set(&mut got.strict, false),
                // Hosted servers do not let a client choose how its transaction ends; it is no error to ask.
                "tx=commit" | "tx=rollback" => {}
                _ => match item.split_once('=') {
                    Some(("timezone", zone)) => set(&mut got.timezone, zone.to_string()),
                    Some(("max-affected", n)) if n.parse::<i64>().is_ok() => {
                        if let Ok(n) = n.parse() {
                            set(&mut got.max_affected, n);
                        }
                    }
                    _ => got.unknown.push(item.to_string()),
                },
            }
        }
        got
    }

    /// Drops a timezone the database does not know: it counts as an unknown preference.
    pub fn reject_timezone(&mut self) {
        if let Some(zone) = self.timezone.take() {
            self.unknown.push(format!("timezone={zone}"));
        }
    }

    /// Under `handling=strict` an unknown preference is an error.
    pub fn check(&self) -> Result<(), ApiError> {
        if self.strict != Some(true) || self.unknown.is_empty() {
            return Ok(());
        }
        Err(ApiError::new(400, "PGRST122", "Invalid preferences given with handling=strict")
            .details(format!("Invalid preferences: {}", self.unknown.join(", "))))
    }

    /// The most rows a change may touch, if that is to be enforced.
    pub fn enforced_max_affected(&self) -> Option<i64> {
        if self.strict == Some(true) { self.max_affected } else { None }
    }

    /// `Preference-Applied` for the preferences that `kept` leaves standing; `None` if there are none.
    pub fn applied(&self) -> Option<String> {
        let resolution = self.resolution.map(|r| match r {
            Resolution::Merge => "resolution=merge-duplicates",
            Resolution::Ignore => "resolution=ignore-duplicates",
        });
        let missing = self.missing_default.map(|d| if d { "missing=default" } else { "missing=null" });
        let returning = self.returning.map(|r| match r {
            Return::Minimal => "return=minimal",
            Return::HeadersOnly => "return=headers-only",
            Return::Representation => "return=representation",
        });
        let count = self.count.map(|c| match c {
            Count::Exact => "count=exact",
            Count::Planned => "count=planned",
            Count::Estimated => "count=estimated",
        });
        let handling = self.strict.map(|s| if s { "handling=strict" } else { "handling=lenient" });
        let mut parts: Vec<String> =
            [resolution, missing, returning, count, handling].into_iter().flatten().map(str::to_owned).collect();
        parts.extend(self.timezone.as_ref().map(|zone| format!("timezone={zone}")));
        parts.extend(self.enforced_max_affected().map(|n| format!("max-affected={n}")));
        if parts.is_empty() { None } else { Some(parts.join(", ")) }
    }
}

fn set<T>(slot: &mut Option<T>, value: T) {
    slot.get_or_insert(value);
}
