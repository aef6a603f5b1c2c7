//! Has the browser's Intl write dates, times, durations and numbers, in the locale it is set to.

use std::cell::OnceCell;

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use crate::domain::time::CalendarDate;
use crate::ui::model::locale::{Form, Unit, Writer, write_like};

thread_local! {
    /// Making one is slow: a formatter for each form, and one for numbers.
    static DATES: [OnceCell<Function>; 7] = const { [const { OnceCell::new() }; 7] };
    static NUMBERS: OnceCell<Function> = const { OnceCell::new() };
    static TIMES: OnceCell<Function> = const { OnceCell::new() };
    static AWAY: OnceCell<Intl::RelativeTimeFormat> = const { OnceCell::new() };
    static SPANS: [OnceCell<Function>; 6] = const { [const { OnceCell::new() }; 6] };
}

/// From now on dates and numbers are the locale's.
pub fn follow_browser() {
    write_like(Writer { date, number, time, away, span });
}

/// The page's texts are English; dates in another tongue among them follow the reader's region where that is English, too, else her locale.
fn locales() -> Array {
    let wanted = window().navigator().languages();
    if wanted.length() > 0 { wanted } else { Array::new() }
}

fn date(date: CalendarDate, form: Form) -> String {
    let written = DATES.with(|dates| {
        let format = dates[form as usize].get_or_init(|| {
            let fields: &[(&str, &str)] = match form {
                Form::Day => &[("day", "numeric"), ("month", "short"), ("year", "numeric")],
                Form::Weekday => &[("weekday", "short"), ("day", "numeric"), ("month", "short"), ("year", "numeric")],
                Form::DayAndMonth => &[("day", "numeric"), ("month", "short")],
                Form::Month => &[("month", "long"), ("year", "numeric")],
                Form::ShortMonth => &[("month", "short")],
                Form::WeekdayName => &[("weekday", "long")],
                Form::ShortWeekday => &[("weekday", "short")],
            };
            let options = options(fields);
            let _ = Reflect::set(&options, &JsValue::from_str("timeZone"), &JsValue::from_str("UTC"));
            Intl::DateTimeFormat::new(&locales(), &options).format().unchecked_into()
        });
        let midnight = date.days_since(chrono::NaiveDate::default().into()) as f64 * 86_400_000.0;
        format.call1(&JsValue::UNDEFINED, &js_sys::Date::new(&midnight.into())).ok()?.as_string()
    });
    written.unwrap_or_else(|| date.to_string())
}

fn options(fields: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (name, value) in fields {
        let _ = Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    options
}

fn time(minutes: i64) -> String {
    let written = TIMES.with(|times| {
        let format = times.get_or_init(|| {
            let options = options(&[("hour", "numeric"), ("minute", "2-digit"), ("timeZone", "UTC")]);
            Intl::DateTimeFormat::new(&locales(), &options).format().unchecked_into()
        });
        let at = js_sys::Date::new(&(minutes as f64 * 60_000.0).into());
        format.call1(&JsValue::UNDEFINED, &at).ok()?.as_string()
    });
    written.unwrap_or_else(|| format!("{:02}:{:02}", minutes / 60, minutes % 60))
}

fn away(count: i64, unit: Unit) -> String {
    AWAY.with(|away| {
        let format = away.get_or_init(|| Intl::RelativeTimeFormat::new(&locales(), &options(&[("numeric", "auto")])));
        format.format(count as f64, unit.name()).into()
    })
}

fn span(count: i64, unit: Unit) -> String {
    let written = SPANS.with(|spans| {
        let format = spans[unit as usize].get_or_init(|| {
            let options = options(&[("style", "unit"), ("unitDisplay", "long"), ("unit", unit.name())]);
            Intl::NumberFormat::new(&locales(), &options).format().unchecked_into()
        });
        format.call1(&JsValue::UNDEFINED, &JsValue::from_f64(count as f64)).ok()?.as_string()
    });
    written.unwrap_or_else(|| format!("{count} {}", unit.name()))
}

fn number(number: i64) -> String {
    let written = NUMBERS.with(|numbers| {
        let format =
            numbers.get_or_init(|| Intl::NumberFormat::new(&locales(), &Object::new()).format().unchecked_into());
        format.call1(&JsValue::UNDEFINED, &JsValue::from_f64(number as f64)).ok()?.as_string()
    });
    written.unwrap_or_else(|| number.to_string())
}
