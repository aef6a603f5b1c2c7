//! The Web Lock that the tab in charge holds. Browsers without Web Locks: see [`Lock::ask`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

const NAME: &str = "tunetrees-database";

/// What happened to the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// It is this tab's.
    Granted,
    /// Another tab took it.
    Lost,
    /// This browser has no Web Locks: who is in charge must be found out by asking around.
    Unknown,
}

#[derive(Default)]
struct State {
    /// Which request counts; earlier ones give back at once what they get.
    current: Cell<u32>,
    /// Ends the promise that holds the lock.
    release: RefCell<Option<Function>>,
}

/// This tab's end of the lock.
#[derive(Clone, Default)]
pub(super) struct Lock {
    state: Rc<State>,
}

impl Lock {
    /// Queues for the lock, or takes it at once from whoever has it (`steal`). `tell` hears what comes of it, later.
    pub(super) fn ask(&self, steal: bool, tell: impl Fn(Happened) + Clone + 'static) {
        let number = self.state.current.get().wrapping_add(1);
        self.state.current.set(number);
        self.state.release.take();
        let Some((locks, request)) = web_locks() else { return tell(Happened::Unknown) };
        let (state, granted) = (self.state.clone(), tell.clone());
        let holder = Closure::once_into_js(move || -> JsValue {
            if state.current.get() != number {
                return JsValue::UNDEFINED;
            }
            let held = Promise::new(&mut |release, _| {
                state.release.replace(Some(release));
            });
            granted(Happened::Granted);
            held.into()
        });
        let options = Object::new();
        let _ = Reflect::set(&options, &"steal".into(), &steal.into());
        let Ok(outcome) = request.call3(&locks, &NAME.into(), &options, &holder) else {
            return tell(Happened::Unknown);
        };
        let state = self.state.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let taken_away = wasm_bindgen_futures::JsFuture::from(Promise::from(outcome)).await.is_err();
            if taken_away && state.current.get() == number {
                state.release.take();
                tell(Happened::Lost);
            }
        });
    }

    /// Gives it back, or stops queueing for it.
    pub(super) fn drop_it(&self) {
        self.state.current.set(self.state.current.get().wrapping_add(1));
        if let Some(release) = self.state.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

fn web_locks() -> Option<(JsValue, Function)> {
    let navigator = web_sys::window()?.navigator();
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    let request = Reflect::get(&locks, &"request".into()).ok()?.dyn_into::<Function>().ok()?;
    Some((locks, request))
}
