//! Answers the practice pages from the local database.

use super::parted;
use crate::domain::time::{CalendarDate, LocalDay, Timestamp, Zone};
use crate::store::{Store, StoreError};
use crate::worker::protocol::{Failure, PracticeAnswer, PracticeRequest, Response};

/// To a request that was carried out already: what there is now.
pub(in crate::worker) fn answer_done(
    store: &mut Store,
    request: PracticeRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    use PracticeRequest as Ask;
    match request {
        Ask::NewQueue | Ask::RenewQueue => queue(store.todays_queue(now, zone)),
        Ask::Stage { date, .. }
        | Ask::Submit { date }
        | Ask::Undo { date }
        | Ask::AddMore { date, .. }
        | Ask::Bury { date, .. }
        | Ask::Suspend { date, .. } => queue(store.queue_of(now, zone, date)),
        Ask::SaveLook { .. } => Ok(Response::Done),
        repeatable => answer(store, repeatable, now, zone),
    }
}

/// Meets `request`.
pub(in crate::worker) fn answer(
    store: &mut Store,
    request: PracticeRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    use PracticeRequest as Ask;
    match request {
        Ask::CurrentQueue => queue(store.current_queue(now, zone)),
        Ask::NewQueue => queue(store.new_queue(now, zone)),
        Ask::RenewQueue => queue(store.renew_queue(now, zone)),
        Ask::QueueOf { date } => queue(store.queue_of(now, zone, date)),
        Ask::QueueDays { offset, limit } => Ok(PracticeAnswer::Days(store.queue_days(offset, limit.min(100))?).into()),
        Ask::PreviewRatings { playlist, tune, manner } => {
            Ok(PracticeAnswer::Previews(store.preview_ratings(now, playlist, tune, manner)?.to_vec()).into())
        }
        Ask::Stage { date, entry, rating, technique, repeat } => {
            match rating {
                Some(rating) => store.stage(now, entry, rating, technique, repeat)?,
                None => store.unstage(now, entry)?,
            }
            queue(store.queue_of(now, zone, date))
        }
        Ask::Submit { date } => {
            store.submit(now, date)?;
            queue(store.queue_of(now, zone, date))
        }
        Ask::Undo { date } => of_day(store, now, zone, date, |store| store.undo(now, LocalDay::of(date, zone))),
        Ask::Bury { date, entry } => of_day(store, now, zone, date, |store| store.bury(now, entry)),
        Ask::Suspend { date, entry } => of_day(store, now, zone, date, |store| store.suspend(now, entry)),
        Ask::AddMore { date, count } => of_day(store, now, zone, date, |store| store.add_more(now, zone, date, count)),
        Ask::Look { screen } => Ok(PracticeAnswer::Look(store.practice_look(screen)?).into()),
        Ask::SaveLook { screen, look } => super::done(store.save_practice_look(now, screen, &look)),
        _ => Err(elsewhere()),
    }
}

/// Meets a request about how she practises, which has its own part of the module.
pub(in crate::worker) fn answer_plan(
    store: &mut Store,
    request: PracticeRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    use PracticeRequest as Ask;
    match request {
        Ask::Wish { tune, when } => super::done(store.wish(now, zone, tune, when)),
        Ask::SetGoal { tune, goal } => super::done(store.set_goal(now, tune, &goal)),
        Ask::SetLearned { tune, when } => super::done(store.set_learned(now, tune, when)),
        Ask::Goals => Ok(PracticeAnswer::Goals(store.goals()?).into()),
        Ask::PracticeDays => Ok(PracticeAnswer::PracticeDays(store.practice_days()?).into()),
        Ask::SetPracticeDays(days) => {
            store.set_practice_days(now, &days)?;
            Ok(PracticeAnswer::PracticeDays(store.practice_days()?).into())
        }
        Ask::SchedulerPrefs => Ok(PracticeAnswer::SchedulerPrefs(store.scheduler_prefs()?).into()),
        Ask::SetSchedulerPrefs(prefs) => {
            store.set_scheduler_prefs(now, &prefs)?;
            Ok(PracticeAnswer::SchedulerPrefs(store.scheduler_prefs()?).into())
        }
        _ => Err(elsewhere()),
    }
}

/// To a request about how she practises that was carried out already: what there is now.
pub(super) fn answer_plan_done(
    store: &mut Store,
    request: PracticeRequest,
    now: Timestamp,
    zone: &impl Zone,
) -> Result<Response, Failure> {
    use PracticeRequest as Ask;
    let question = match request {
        Ask::Wish { .. } | Ask::SetGoal { .. } | Ask::SetLearned { .. } => return Ok(Response::Done),
        Ask::SetPracticeDays(_) => Ask::PracticeDays,
        Ask::SetSchedulerPrefs(_) => Ask::SchedulerPrefs,
        repeatable => repeatable,
    };
    parted::plan(store, question, now, zone)
}

/// Each of the three kinds is asked for by its own name: each is a part of the module.
fn elsewhere() -> Failure {
    Failure::Invalid("This is asked for elsewhere.".to_owned())
}

/// Is it for [`answer_plan`]?
pub(in crate::worker) const fn is_about_the_plan(request: &PracticeRequest) -> bool {
    use PracticeRequest as Ask;
    matches!(
        request,
        Ask::Wish { .. }
            | Ask::SetGoal { .. }
            | Ask::SetLearned { .. }
            | Ask::Goals
            | Ask::PracticeDays
            | Ask::SetPracticeDays(_)
            | Ask::SchedulerPrefs
            | Ask::SetSchedulerPrefs(_)
    )
}

/// Fits the weights to her ratings a little.
pub(in crate::worker) fn train(store: &mut Store, begin: bool, now: Timestamp) -> Result<Response, Failure> {
    Ok(PracticeAnswer::Training(store.train(begin, now)?).into())
}

fn of_day(
    store: &mut Store,
    now: Timestamp,
    zone: &impl Zone,
    date: CalendarDate,
    deed: impl FnOnce(&mut Store) -> Result<(), StoreError>,
) -> Result<Response, Failure> {
    deed(store)?;
    queue(store.queue_of(now, zone, date))
}

fn queue(found: Result<Option<crate::domain::practice::QueueView>, StoreError>) -> Result<Response, Failure> {
    Ok(PracticeAnswer::Queue(found?).into())
}
