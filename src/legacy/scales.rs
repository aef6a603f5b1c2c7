//! Two scales that legacy data mixes: ratings (SM2 0–5, FSRS 1–4) and learning steps (seconds, minutes, `10m`).

use serde_json::{Number, Value};

use crate::domain::decimal::decimal;

/// A rating brought onto the scale its record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rating {
    /// As it was.
    Kept(i32),
    /// Moved to the nearest value of the scale.
    Moved(i32),
    /// Not a rating at all.
    Dropped,
}

/// The rule of the schema: with an easiness the record is SM2's and its rating 0–5; without one it is 1–4.
pub fn rating(quality: i32, has_easiness: bool) -> Rating {
    match (quality, has_easiness) {
        (0..=5, true) | (1..=4, false) => Rating::Kept(quality),
        (0, false) => Rating::Moved(1),
        (5, false) => Rating::Moved(4),
        _ => Rating::Dropped,
    }
}

/// Learning steps as a JSON array of minutes. Plain numbers are legacy's seconds; texts carry their unit: `["1m","10m"]`.
/// `None` if it is no list of steps.
pub fn steps_in_minutes(text: &str) -> Option<String> {
    let Value::Array(steps) = serde_json::from_str(text).ok()? else { return None };
    let minutes = steps.iter().map(step_in_minutes).collect::<Option<Vec<_>>>()?;
    Some(Value::Array(minutes).to_string())
}

fn step_in_minutes(step: &Value) -> Option<Value> {
    let minutes = match step {
        Value::Number(seconds) => seconds.as_f64()? / 60.0,
        Value::String(text) => {
            let text = text.trim();
            let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
            let (amount, unit) = text.split_at(unit_at);
            let amount = decimal(amount.trim())?;
            match unit {
                "" | "s" => amount / 60.0,
                "m" => amount,
                "h" => amount * 60.0,
                "d" => amount * 1440.0,
                _ => return None,
            }
        }
        _ => return None,
    };
    if !minutes.is_finite() || !(0.0..1e9).contains(&minutes) {
        return None;
    }
    let number = if minutes.fract() == 0.0 { Some(Number::from(minutes as i64)) } else { Number::from_f64(minutes) };
    number.map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_a_rating_of_sm2() {
        assert_eq!(rating(0, true), Rating::Kept(0));
        assert_eq!(rating(5, true), Rating::Kept(5));
        assert_eq!(rating(0, false), Rating::Moved(1));
        assert_eq!(rating(5, false), Rating::Moved(4));
        assert_eq!(rating(3, false), Rating::Kept(3));
        assert_eq!(rating(9, true), Rating::Dropped);
        assert_eq!(rating(-1, false), Rating::Dropped);
    }

    #[test]
    fn steps_become_minutes() {
        assert_eq!(steps_in_minutes(r#"["1m","10m"]"#).as_deref(), Some("[1,10]"));
        assert_eq!(steps_in_minutes("[60, 600]").as_deref(), Some("[1,10]"));
        assert_eq!(steps_in_minutes(r#"["30s", "1h"]"#).as_deref(), Some("[0.5,60]"));
        assert_eq!(steps_in_minutes("[]").as_deref(), Some("[]"));
        assert_eq!(steps_in_minutes("soon"), None);
        assert_eq!(steps_in_minutes(r#"["soon"]"#), None);
    }
}
