//! How practice is shown. The list's look travels with the person; cards or list, and what cards show, are this device's own (localStorage): a
//! phone in a pub shows what it showed there last.

use std::time::Duration;

use leptos::prelude::*;

use crate::domain::listing::ScreenSize;
use crate::domain::practice_look::PracticeLook;
use crate::store::schema::Table;
use crate::ui::components::screen::screen_size;
use crate::ui::model::card_faces::Faces;
use crate::ui::preferences::{read, write};
use crate::ui::state::{App, Live};
use crate::worker::protocol::{PracticeAnswer, PracticeRequest, Response};

const LIST: &str = "tunetrees.practice.list";
const FACES: &str = "tunetrees.practice.faces";
/// A change of the look is kept when nothing more was changed for so long.
const SETTLED: Duration = Duration::from_millis(600);

/// The choices.
#[derive(Clone, Copy)]
pub struct Choices {
    app: App,
    screen: RwSignal<ScreenSize>,
    /// The list instead of the cards?
    pub list: RwSignal<bool>,
    /// What cards show.
    pub faces: RwSignal<Faces>,
    /// How the list looks.
    pub look: RwSignal<PracticeLook>,
    /// What the worker has not been told yet.
    unsaved: RwSignal<bool>,
}

impl Choices {
    /// Reads them, and keeps them.
    pub fn kept(app: App) -> Self {
        let screen = screen_size();
        let own = read(LIST).map(|word| word == "on");
        let choices = Choices {
            app,
            screen,
            list: RwSignal::new(own.unwrap_or_default()),
            faces: RwSignal::new(read(FACES).map_or_else(Faces::default, |words| Faces::read(&words))),
            look: RwSignal::new(PracticeLook::usual(screen.get_untracked())),
            unsaved: RwSignal::new(false),
        };
        let current = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
        let kept: Live<PracticeLook> = app.live(
            &[Table::TableState, Table::TabGroupMainState, Table::Playlist],
            move || {
                current.get();
                app.account.track();
                Some(PracticeRequest::Look { screen: screen.get() })
            },
            |response| match response {
                Response::Practice(PracticeAnswer::Look(look)) => Some(look),
                _ => None,
            },
        );
        Effect::new(move |_| {
            let Some(kept) = kept.value.get().filter(|_| !choices.unsaved.get_untracked()) else { return };
            if choices.look.with_untracked(|look| *look != kept) {
                choices.look.set(kept);
            }
        });
        Effect::new(move |_| write(FACES, &choices.faces.with(Faces::words)));
        choices
    }

    /// Shows the list, or the cards.
    pub fn show_list(self, list: bool) {
        write(LIST, if list { "on" } else { "off" });
        self.list.set(list);
    }

    /// Changes the look, and keeps it.
    pub fn change(self, work: impl FnOnce(&mut PracticeLook)) {
        self.look.update(work);
        self.unsaved.set(true);
        let (look, screen) = (self.look.get_untracked(), self.screen.get_untracked());
        set_timeout(
            move || {
                // A later change keeps the whole look.
                if self.look.try_get_untracked().is_some_and(|now| now != look) {
                    return;
                }
                let saved = look.clone();
                self.app.tell(PracticeRequest::SaveLook { screen, look }, move |_| {
                    // What was changed meanwhile is not saved yet, and must not be overwritten by what was.
                    if self.look.try_get_untracked().is_some_and(|now| now == saved) {
                        self.unsaved.try_set(false);
                    }
                });
            },
            SETTLED,
        );
    }
}
