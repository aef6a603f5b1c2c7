//! The next page of a pull, asked for while the one before is stored; the engine's own wish for it then finds it under way.

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;

use crate::domain::time::Timestamp;
use crate::sync::failure::RemoteError;
use crate::sync::wire::{Reply, Request};

/// Dropped unless the engine wishes for just that, and soon.
pub(super) type Ahead = Rc<RefCell<Option<AskedAhead>>>;

pub(super) struct AskedAhead {
    pub(super) request: Request,
    pub(super) since: Timestamp,
    pub(super) answer: oneshot::Receiver<Result<Reply, RemoteError>>,
}

/// Storing a page takes a moment. After a longer one (the machine slept) an answer's clock, and what it says of the server, are old.
pub(super) const AHEAD_FOR: i64 = 10_000_000;

/// The call for the page after this one, if there is one.
pub(super) fn next_page(request: &Request, result: &Result<Reply, RemoteError>) -> Option<Request> {
    match (request, result) {
        (Request::Pull { reader, page_limit, look, .. }, Ok(Reply::Pull(page))) if page.has_more && look.is_empty() => {
            let cursor = Some(page.cursor.clone());
            Some(Request::Pull { reader: *reader, cursor, page_limit: *page_limit, look: Vec::new() })
        }
        _ => None,
    }
}
