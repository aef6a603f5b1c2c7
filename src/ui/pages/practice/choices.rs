//! How practice is shown. The list's look travels with the person; cards or list, and what cards show, are this device's own (localStorage): a
//! phone in a pub shows what it showed there last.

use leptos::prelude::*;

use crate::domain::practice_look::PracticeLook;
use crate::store::schema::Table;
use crate::ui::components::screen::screen_size;
use crate::ui::model::card_faces::Faces;
use crate::ui::preferences::{read, write};
use crate::ui::state::{App, Kept, Live};
use crate::worker::protocol::{PracticeAnswer, PracticeRequest, Response};

const LIST: &str = "tunetrees.practice.list";
const FACES: &str = "tunetrees.practice.faces";

/// The choices.
#[derive(Clone, Copy)]
pub struct Choices {
    /// The list instead of the cards?
    pub list: RwSignal<bool>,
    /// What cards show.
    pub faces: RwSignal<Faces>,
    /// How the list looks.
    pub look: RwSignal<PracticeLook>,
    kept: Kept<PracticeLook>,
}

impl Choices {
    /// Reads them, and keeps them.
    pub fn kept(app: App) -> Self {
        let screen = screen_size();
        let current = Memo::new(move |_| app.repertoires.with(|r| r.as_ref().and_then(|r| r.current)));
        let told: Live<PracticeLook> = app.live(
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
        let usual = PracticeLook::usual(screen.get_untracked());
        let save = move |look| PracticeRequest::SaveLook { screen: screen.get_untracked(), look }.into();
        let kept = Kept::new(app, usual, told, save);
        let choices = Choices {
            list: RwSignal::new(read(LIST).is_some_and(|word| word == "on")),
            faces: RwSignal::new(read(FACES).map_or_else(Faces::default, |words| Faces::read(&words))),
            look: kept.look,
            kept,
        };
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
        self.kept.change(work);
    }
}
