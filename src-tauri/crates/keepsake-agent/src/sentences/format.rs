//! Numbers, sizes, moments and lengths of time as people of a language write them: as `ui/src/format.ts` does.

use fluent_bundle::FluentValue;
use jiff::{Timestamp, Zoned};

/// A language that has all sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

/// A number of things in English, for Fluent: thousands are set apart.
pub(super) fn english_number<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    number(value, ',')
}

/// The same in German.
pub(super) fn german_number<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    number(value, '.')
}

fn number(value: &FluentValue<'_>, separator: char) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(grouped(number.value as u64, separator)),
        _ => None,
    }
}

fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// A size in decimal units with one digit behind the point at most: "2.1 GB".
pub(super) fn bytes(bytes: u64, language: Language) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let text = if unit == 0 || value >= 99.95 { format!("{value:.0}") } else { format!("{value:.1}") };
    let text = text.strip_suffix(".0").unwrap_or(&text).to_owned();
    let text = if language == Language::German { text.replace('.', ",") } else { text };
    format!("{text}\u{a0}{}", UNITS[unit])
}

/// A moment as people say it: "today 2:05", "Tuesday 2:05"; beyond six days the day alone.
pub(super) fn moment(secs: i64, now: &Zoned, language: Language, is_twelve_hours: bool) -> String {
    let moment = Timestamp::from_second(secs).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(now.time_zone().clone());
    let (days, months) = match language {
        Language::English => (ENGLISH_DAYS, ENGLISH_MONTHS),
        Language::German => (GERMAN_DAYS, GERMAN_MONTHS),
    };
    let days_ago = moment.date().duration_until(now.date()).as_hours() / 24;
    let day = match (days_ago, language) {
        (-1, Language::English) => "tomorrow",
        (-1, Language::German) => "morgen",
        (0, Language::English) => "today",
        (0, Language::German) => "heute",
        (1, Language::English) => "yesterday",
        (1, Language::German) => "gestern",
        (2..=6, _) => days[usize::from(moment.weekday().to_monday_zero_offset().unsigned_abs())],
        _ => {
            let month = months[usize::from(moment.month().unsigned_abs()) - 1];
            let point = if language == Language::German { "." } else { "" };
            let day = format!("{}{point} {month}", moment.day());
            return if moment.year() == now.year() { day } else { format!("{day} {}", moment.year()) };
        }
    };
    let time = moment.strftime(if is_twelve_hours { "%-I:%M %p" } else { "%H:%M" });
    format!("{day} {time}")
}

/// A length of time in its largest sensible unit: "3 days".
pub(super) fn age(secs: i64, language: Language) -> String {
    let secs = secs.max(0).unsigned_abs();
    match secs {
        ..5_400 => unit((secs + 30) / 60, MINUTES, language),
        5_400..172_800 => unit((secs + 1_800) / 3_600, HOURS, language),
        _ => unit(secs / 86_400, DAYS, language),
    }
}

/// Two lengths of time as one: "2–3 minutes".
pub(super) fn range(least_secs: u32, most_secs: u32, language: Language) -> String {
    let (step, shown_as, words) = match most_secs {
        ..=90 => (10, 10, SECONDS),
        91..=5_400 => (60, 1, MINUTES),
        _ => (3_600, 1, HOURS),
    };
    let low = (least_secs / step * shown_as).max(1);
    let high = (most_secs.div_ceil(step) * shown_as).max(low);
    let last = unit(high.into(), words, language);
    if low == high { last } else { format!("{low}–{last}") }
}

/// One and many, in English and German.
type Words = [[&'static str; 2]; 2];
const SECONDS: Words = [["second", "seconds"], ["Sekunde", "Sekunden"]];
const MINUTES: Words = [["minute", "minutes"], ["Minute", "Minuten"]];
const HOURS: Words = [["hour", "hours"], ["Stunde", "Stunden"]];
const DAYS: Words = [["day", "days"], ["Tag", "Tage"]];

fn unit(count: u64, words: Words, language: Language) -> String {
    let count = count.max(1);
    let (words, separator) = match language {
        Language::English => (words[0], ','),
        Language::German => (words[1], '.'),
    };
    format!("{} {}", grouped(count, separator), words[usize::from(count != 1)])
}

const ENGLISH_DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const GERMAN_DAYS: [&str; 7] = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];
