//! The Supabase side: PostgREST calls, accounts, the Realtime socket. Builds natively and for the browser.
//!
//! May know: `domain`, `store`'s names of tables, `sync`'s wire types. Must not know SQL or the interface.

pub mod auth;
mod http;
pub mod realtime;
pub mod recovery;
pub mod rest;
pub mod the_session;
pub mod timer;

/// Where the server is, and the key that lets an app talk to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Base URL, such as `https://abc.supabase.co`, without a slash at the end.
    pub url: String,
    /// The publishable key (`sb_publishable_…`) or the legacy anon key.
    pub key: String,
}

impl Config {
    /// A configuration from what a person wrote: blanks and slashes at the ends are dropped.
    pub fn new(url: &str, key: &str) -> Self {
        Config { url: url.trim().trim_end_matches('/').to_owned(), key: key.trim().to_owned() }
    }
}
