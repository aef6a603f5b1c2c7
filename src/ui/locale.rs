//! Has the browser's Intl write dates, times, durations and numbers, in the tongue of the texts and the manner of the reader's region.

use std::cell::{OnceCell, RefCell};

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};

use crate::domain::time::CalendarDate;
use crate::ui::model::locale::{Form, Unit, Writer, write_like};

/// The tongue of the texts as they are written.
const TEXT: &str = "en";

thread_local! {
    static MANNER: RefCell<Manner> = RefCell::new(Manner::of(TEXT, TEXT));
}

/// From now on dates and numbers are written in the tongue of the texts, as in the region of the browser's first language.
pub fn follow_browser(tongue: &str) {
    follow(tongue, &window().navigator().language().unwrap_or_else(|| tongue.to_owned()));
}

/// From now on dates and numbers are written in that tongue, as in the region of the reader's language tag.
pub fn follow(tongue: &str, reader: &str) {
    MANNER.set(Manner::of(tongue, reader));
    write_like(Writer { date, number, time, away, span, week_begins });
}

/// How they are written. Making a formatter is slow: one for each form, made when first used.
struct Manner {
    words: String,
    numbers: String,
    /// Where Intl knows no English of that region: how it counts hours.
    hours: Option<String>,
    week_begins: usize,
    dates: [OnceCell<Function>; 7],
    number: OnceCell<Function>,
    time: OnceCell<Function>,
    /// With words of their own for days near by, and without for other units: “next year” need not be a year away.
    away: [OnceCell<Intl::RelativeTimeFormat>; 2],
    spans: [OnceCell<Function>; 6],
}

impl Manner {
    fn of(tongue: &str, reader: &str) -> Manner {
        let locale = locale(reader).or_else(|| locale(tongue));
        let region = locale.as_ref().and_then(region).unwrap_or_else(|| "001".to_owned());
        // A tongue that names its region, or its script, keeps it.
        let wanted = if tongue.contains('-') { tongue.to_owned() } else { format!("{tongue}-{region}") };
        let known = Intl::DateTimeFormat::new(&Array::of1(&wanted.as_str().into()), &Object::new());
        let known = Reflect::get(&known.resolved_options(), &"locale".into()).ok().and_then(|found| found.as_string());
        let is_known = known.as_deref() == Some(wanted.as_str());
        // The English of the world, which has the day before the month, and not that of America.
        let world = || if tongue == TEXT { "en-001".to_owned() } else { tongue.to_owned() };
        let words = if is_known { wanted } else { world() };
        let hours =
            locale.as_ref().filter(|_| !is_known).and_then(|locale| first(locale, "getHourCycles", "hourCycles"));
        Manner {
            // Figures have no tongue, and there is no region without its separators.
            numbers: if is_known { words.clone() } else { reader.to_owned() },
            words,
            hours,
            week_begins: locale.as_ref().and_then(week_of).unwrap_or(0),
            dates: Default::default(),
            number: OnceCell::new(),
            time: OnceCell::new(),
            away: Default::default(),
            spans: Default::default(),
        }
    }

    fn words(&self) -> Array {
        Array::of1(&self.words.as_str().into())
    }
}

/// `Intl.Locale`, if the tag is one.
fn locale(tag: &str) -> Option<JsValue> {
    let class: Function = Reflect::get(&js_sys::global(), &"Intl".into())
        .and_then(|intl| Reflect::get(&intl, &"Locale".into()))
        .ok()?
        .dyn_into()
        .ok()?;
    Reflect::construct(&class, &Array::of1(&tag.into())).ok()
}

/// What a method says, or the property that older browsers have in its place.
fn ask(object: &JsValue, method: &str, property: &str) -> Option<JsValue> {
    match Reflect::get(object, &method.into()).ok()?.dyn_into::<Function>() {
        Ok(method) => method.call0(object).ok(),
        Err(_) => Reflect::get(object, &property.into()).ok(),
    }
}

fn first(object: &JsValue, method: &str, property: &str) -> Option<String> {
    Array::from(&ask(object, method, property)?).get(0).as_string()
}

/// Where that language is read: as the tag says, else where most of its readers are.
fn region(locale: &JsValue) -> Option<String> {
    let of = |locale: &JsValue| Reflect::get(locale, &"region".into()).ok()?.as_string();
    of(locale).or_else(|| of(&ask(locale, "maximize", "")?))
}

/// The first day of its week, Monday 0.
fn week_of(locale: &JsValue) -> Option<usize> {
    let day = Reflect::get(&ask(locale, "getWeekInfo", "weekInfo")?, &"firstDay".into()).ok()?.as_f64()?;
    Some((day as usize + 6) % 7)
}

fn week_begins() -> usize {
    MANNER.with_borrow(|manner| manner.week_begins)
}

fn options(fields: &[(&str, &str)]) -> Object {
    let options = Object::new();
    for (name, value) in fields {
        let _ = Reflect::set(&options, &JsValue::from_str(name), &JsValue::from_str(value));
    }
    options
}

fn written(format: &Function, value: &JsValue) -> Option<String> {
    format.call1(&JsValue::UNDEFINED, value).ok()?.as_string()
}

fn date(date: CalendarDate, form: Form) -> String {
    let midnight = date.days_since(chrono::NaiveDate::default().into()) as f64 * 86_400_000.0;
    let text = MANNER.with_borrow(|manner| {
        let format = manner.dates[form as usize].get_or_init(|| {
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
            let _ = Reflect::set(&options, &"timeZone".into(), &"UTC".into());
            Intl::DateTimeFormat::new(&manner.words(), &options).format().unchecked_into()
        });
        written(format, &js_sys::Date::new(&midnight.into()))
    });
    text.unwrap_or_else(|| date.to_string())
}

fn time(minutes: i64) -> String {
    let text = MANNER.with_borrow(|manner| {
        let format = manner.time.get_or_init(|| {
            let options = options(&[("hour", "numeric"), ("minute", "2-digit"), ("timeZone", "UTC")]);
            if let Some(hours) = &manner.hours {
                let _ = Reflect::set(&options, &"hourCycle".into(), &hours.as_str().into());
            }
            Intl::DateTimeFormat::new(&manner.words(), &options).format().unchecked_into()
        });
        written(format, &js_sys::Date::new(&(minutes as f64 * 60_000.0).into()))
    });
    text.unwrap_or_else(|| format!("{:02}:{:02}", minutes / 60, minutes % 60))
}

fn away(count: i64, unit: Unit) -> String {
    MANNER.with_borrow(|manner| {
        let (place, numeric) = if matches!(unit, Unit::Day) { (0, "auto") } else { (1, "always") };
        let format = manner.away[place]
            .get_or_init(|| Intl::RelativeTimeFormat::new(&manner.words(), &options(&[("numeric", numeric)])));
        format.format(count as f64, unit.name()).into()
    })
}

fn span(count: i64, unit: Unit) -> String {
    let text = MANNER.with_borrow(|manner| {
        let format = manner.spans[unit as usize].get_or_init(|| {
            let options = options(&[("style", "unit"), ("unitDisplay", "long"), ("unit", unit.name())]);
            Intl::NumberFormat::new(&manner.words(), &options).format().unchecked_into()
        });
        written(format, &JsValue::from_f64(count as f64))
    });
    text.unwrap_or_else(|| format!("{count} {}", unit.name()))
}

fn number(number: i64) -> String {
    let text = MANNER.with_borrow(|manner| {
        let format = manner.number.get_or_init(|| {
            let locales = Array::of1(&manner.numbers.as_str().into());
            Intl::NumberFormat::new(&locales, &options(&[("numberingSystem", "latn")])).format().unchecked_into()
        });
        written(format, &JsValue::from_f64(number as f64))
    });
    text.unwrap_or_else(|| number.to_string())
}
