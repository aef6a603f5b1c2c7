//! A file is chosen, read piece by piece, looked at, and taken in when the person has seen what would happen.

use leptos::html::{H3, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::handed_over;
use super::live_text::Problem;
use super::long_work::LongWork;
use super::save_file;
use crate::ui::model::intake_words as words;
use crate::ui::state::{App, Attempt};
use crate::ui::text::{say, t};
use crate::worker::protocol::{
    DataAnswer, DataRequest, Failure, IntakeAnswer, IntakeChoice, IntakeKind, LegacyPerson, Response,
};

/// So much is read and handed over at once.
const PIECE: f64 = 1_048_576.0;

/// Where it stands.
#[derive(Clone, Debug, PartialEq)]
enum Stage {
    /// No file is chosen.
    Nothing,
    /// So many per cent are read.
    Reading(u32),
    /// It is being looked at, or taken in.
    Working(&'static str),
    /// This is what it would do, or did.
    Told(Box<IntakeAnswer>),
}

/// A file, or a snapshot, on its way in.
#[derive(Clone, Copy)]
pub struct Intake {
    app: App,
    stage: RwSignal<Stage>,
    failure: RwSignal<Option<Failure>>,
    choice: RwSignal<IntakeChoice>,
    heading: NodeRef<H3>,
}

impl Intake {
    /// Nothing chosen yet.
    pub fn new(app: App) -> Self {
        Intake {
            app,
            stage: RwSignal::new(Stage::Nothing),
            failure: RwSignal::new(None),
            choice: RwSignal::new(IntakeChoice::default()),
            heading: NodeRef::new(),
        }
    }

    /// Is it at work?
    pub(super) fn is_busy(self) -> bool {
        matches!(self.stage.get(), Stage::Reading(_) | Stage::Working(_))
    }

    /// Follows where it stands.
    pub(super) fn track(self) {
        self.stage.track();
    }

    /// Looks at what going back to a snapshot would do.
    pub(super) fn go_back(self, id: i64) {
        self.choice.set(IntakeChoice { exactly: true, ..IntakeChoice::default() });
        self.failure.set(None);
        self.stage.set(Stage::Working(t("Looking at it")));
        spawn_local(async move {
            match self.app.call(DataRequest::ChooseSnapshot { id }).await {
                Ok(_) => self.ask(false).await,
                Err(failure) => self.fail(failure),
            }
        });
    }

    /// Reads the file and looks at it.
    fn begin(self, file: web_sys::File) {
        self.choice.set(IntakeChoice::default());
        self.failure.set(None);
        self.stage.set(Stage::Reading(0));
        spawn_local(async move {
            match self.read(&file).await {
                Ok(()) => self.ask(false).await,
                Err(failure) => self.fail(failure),
            }
        });
    }

    async fn read(self, file: &web_sys::File) -> Result<(), Failure> {
        let name = file.name();
        let unreadable =
            |_| Failure::Invalid(say!("{name} could not be read. Was it moved or changed meanwhile?", name));
        let size = file.size();
        let mut at = 0.0;
        loop {
            let end = (at + PIECE).min(size);
            let piece = file.slice_with_f64_and_f64(at, end).map_err(unreadable)?;
            let bytes = handed_over::bytes(&piece).await.map_err(unreadable)?;
            let part = DataRequest::FilePart { name: name.clone(), size: size as u64, at: at as u64, bytes };
            self.app.call(part).await?;
            at = end;
            self.stage.try_set(Stage::Reading(words::percent(at as u64, size as u64)));
            if at >= size {
                return Ok(());
            }
        }
    }

    /// Asks what it would do, or has it done.
    async fn ask(self, for_good: bool) {
        self.failure.try_set(None);
        self.app.intake.set(None);
        self.stage.try_set(Stage::Working(
            match (for_good, self.choice.try_get_untracked().is_some_and(|choice| choice.exactly)) {
                (false, _) => t("Looking at it"),
                (true, false) => t("Taking it in"),
                (true, true) => t("Going back"),
            },
        ));
        let Some(choice) = self.choice.try_get_untracked() else { return };
        let request = if for_good { DataRequest::TakeIn(choice) } else { DataRequest::Rehearse(choice) };
        match self.app.call(request).await {
            Ok(Response::Data(DataAnswer::Intake(answer))) => {
                if let IntakeKind::Legacy { person, .. } = &answer.kind {
                    self.choice.try_update(|choice| choice.person = *person);
                }
                self.stage.try_set(Stage::Told(answer));
            }
            Ok(_) => {}
            Err(failure) => self.fail(failure),
        }
    }

    fn again(self, for_good: bool) {
        spawn_local(self.ask(for_good));
    }

    fn fail(self, failure: Failure) {
        self.failure.try_set(Some(failure));
        self.stage.try_set(Stage::Nothing);
    }

    fn forget(self) {
        self.failure.set(None);
        self.stage.set(Stage::Nothing);
        self.app.tell(DataRequest::ForgetFile, |_| {});
    }
}

/// The whole of it.
#[component]
pub fn BringIn(
    /// Shared with the snapshots: the worker has one file at a time.
    intake: Intake,
) -> impl IntoView {
    let busy = move || intake.is_busy();
    let input = NodeRef::<Input>::new();
    let chosen = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let file = input.files().and_then(|files| files.get(0));
        // So that the same file can be chosen again.
        input.set_value("");
        if let Some(file) = file {
            intake.begin(file);
        }
    };
    view! {
        <p>{t("A database of the old TuneTrees, or a file that “Save everything” made. It is read on this device, and you see what it would do before anything is changed.")}</p>
        <div class="actions start">
            <label class="button file-button" class:busy=busy>
                <span>{t("Choose a file…")}</span>
                <input node_ref=input type="file" class="unseen" accept=".sqlite3,.sqlite,.db,.json,application/json,application/vnd.sqlite3"
                    disabled=busy on:change=chosen data-testid="choose-file" />
            </label>
        </div>
        <Progress intake back=false />
    }
}

/// How far it is; what it would do, or did.
#[component]
pub(super) fn Progress(
    intake: Intake,
    /// Of a snapshot that she goes back to, or of a file?
    back: bool,
) -> impl IntoView {
    let app = intake.app;
    let mine = Memo::new(move |_| intake.choice.with(|choice| choice.exactly == back));
    // What was told comes into view where it stands, and is read out.
    Effect::new(move |_| {
        if let Some(heading) = intake.heading.get() {
            let _ = heading.focus();
        }
    });
    // Pieces of a large file are not kept for a page that was left; what is under way is finished first.
    on_cleanup(move || app.tell(DataRequest::ForgetFile, |_| {}));
    // What is done changes rarely, how far it is all the time: the bar stays and moves.
    let doing = Memo::new(move |_| match intake.stage.get() {
        Stage::Reading(_) => Some(t("Reading the file")),
        Stage::Working(what) => Some(what),
        _ => None,
    });
    let rows = Signal::derive(move || match intake.stage.get() {
        Stage::Working(_) => app.intake.get(),
        _ => None,
    });
    let percent = Signal::derive(move || match intake.stage.get() {
        Stage::Reading(percent) => percent,
        _ => rows.get().map_or(0, words::percent_of),
    });
    let progress = move || {
        let what = doing.get().filter(|_| mine.get())?;
        Some(view! { <LongWork what percent rows /> })
    };
    view! {
        {progress}
        <Show when=move || mine.get()><Problem failure=intake.failure /></Show>
        {move || match intake.stage.get() {
            Stage::Told(answer) if mine.get() => Some(view! { <Told intake answer=*answer /> }),
            _ => None,
        }}
    }
}

/// What a file would do, or did.
#[component]
fn Told(intake: Intake, answer: IntakeAnswer) -> impl IntoView {
    let app = intake.app;
    let saving = Attempt::new();
    let Intake { heading, .. } = intake;
    let back = matches!(answer.kind, IntakeKind::Snapshot { .. });
    let kind = words::kind(&answer.kind, &chrono::Local);
    let first_pull_open = Signal::derive(move || app.first_pull_open());
    let told = StoredValue::new(answer.clone());
    let warning = move || {
        let text = told.with_value(|answer| words::warning(answer, first_pull_open.get()))?;
        Some(view! { <p class="hint" role="note">{text}</p> })
    };
    let (people, person) = match &answer.kind {
        IntakeKind::Legacy { people, person, .. } => (people.clone(), *person),
        IntakeKind::Export { .. } | IntakeKind::Snapshot { .. } => (Vec::new(), None),
    };
    let must_choose = matches!(answer.kind, IntakeKind::Legacy { person: None, .. });
    let who = (!answer.done && people.len() > 1 || must_choose).then(|| view! { <Who intake people person /> });
    let revive = (!answer.done && !back && words::has_deleted_here(&answer)).then(|| {
        let chosen = move |event| {
            intake.choice.update(|choice| choice.revive = event_target_checked(&event));
            intake.again(false);
        };
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=move || intake.choice.get().revive on:change=chosen />
                <span>{t("Bring back what was deleted here since")}</span>
            </label>
        }
    });
    let rows = words::in_order(&answer).into_iter().map(|table| {
        let said = words::remarks(table);
        let remarks = said.iter().map(|remark| {
            let names = remark.names.join(", ");
            view! { <li>{words::remark(remark)}{(!names.is_empty()).then(|| view! { <span class="quiet">": "{names}</span> })}</li> }
        });
        let remarks = remarks.collect_view();
        let (name, counts) = (words::rows_of(table.table), words::table(table, back));
        let line = view! { <span class="name">{name}</span>" "<span class="counts">{counts}</span> };
        if said.is_empty() {
            view! { <li data-table=table.table.name()><p>{line}</p></li> }.into_any()
        } else {
            view! { <li data-table=table.table.name()><details><summary>{line}</summary><ul class="remarks">{remarks}</ul></details></li> }.into_any()
        }
    });
    let rows = rows.collect_view();
    let offers_news = !answer.done && !must_choose && words::has_news(&answer);
    let report = move |_| save_file::save_as(app, saving, DataRequest::IntakeReport, "report", "md", "text/markdown");
    view! {
        <div class="card intake" data-testid="intake" data-done=answer.done.to_string()>
            <h3 tabindex="-1" node_ref=heading>{answer.file.clone()}</h3>
            <p class="quiet">{kind}</p>
            {who}
            {(!must_choose).then(|| view! { <p class="sum"><strong>{words::summary(&answer)}</strong></p> })}
            {warning}
            {revive}
            <ul class="intake-tables">{rows}</ul>
            <Problem failure=saving.failure />
            {offers_news.then(|| view! {
                <p class="quiet">{words::safety(&answer.kind)}</p>
            })}
            <div class="actions start">
                {offers_news.then(|| view! {
                    <button class="primary" on:click=move |_| intake.again(true)>{words::button(&answer.kind)}</button>
                })}
                <button on:click=move |_| intake.forget()>{if answer.done { t("Close") } else { t("Cancel") }}</button>
                {(!must_choose).then(|| view! {
                    <div class="actions start further">
                        {offers_news.then(|| view! {
                            <button class="plain" on:click=move |_| save_file::save_everything(app, saving)>{t("Save everything first")}</button>
                        })}
                        <button class="plain" on:click=report>{t("Save the report")}</button>
                    </div>
                })}
            </div>
        </div>
    }
}

/// Who of an old file she is.
#[component]
fn Who(intake: Intake, people: Vec<LegacyPerson>, person: Option<i64>) -> impl IntoView {
    let choices = people.into_iter().map(|one| {
        let id = one.id;
        let choose = move |_| {
            intake.choice.update(|choice| choice.person = Some(id));
            intake.again(false);
        };
        view! {
            <label class="check explained">
                <input type="radio" name="legacy-person" prop:checked=person == Some(id) on:change=choose />
                <span><strong>{words::person(&one)}</strong><span class="quiet">{words::person_has(&one)}</span></span>
            </label>
        }
    });
    view! {
        <fieldset class="stack-tight">
            <legend>{t("Who are you in this file?")}</legend>
            {choices.collect_view()}
        </fieldset>
    }
}
