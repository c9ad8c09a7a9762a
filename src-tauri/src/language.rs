//! In which language the window speaks, and how it writes numbers and dates.

/// The languages that all sentences exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

/// The language of the sentences, and the locale (BCP 47) of numbers and dates: by the environment variables of locale(7),
/// and `LANGUAGE` as gettext reads it. `var` tells what an environment variable holds.
pub fn spoken(var: impl Fn(&str) -> Option<String>) -> (Language, String) {
    let first = |names: &[&str]| names.iter().find_map(|name| var(name).filter(|value| !value.is_empty()));
    let messages = first(&["LC_ALL", "LC_MESSAGES", "LANG"]).unwrap_or_default();
    // Where no language is set at all, `LANGUAGE` does not count either.
    let wished = if tag(&messages).is_some() { var("LANGUAGE").unwrap_or_default() } else { String::new() };
    let of = |locale: &str| match locale.get(..2) {
        Some("de") => Some(Language::De),
        Some("en") => Some(Language::En),
        _ => None,
    };
    let language = wished.split(':').find_map(of).or_else(|| of(&messages)).unwrap_or(Language::En);
    let times = first(&["LC_ALL", "LC_TIME", "LANG"]).and_then(|locale| tag(&locale));
    let locale = times.or_else(|| tag(&messages)).unwrap_or_else(|| "en-GB".into());
    (language, locale)
}

/// `de_AT.UTF-8@euro` as `de-AT`; None for C and POSIX, and for what is no locale.
fn tag(locale: &str) -> Option<String> {
    let name = locale.split(['.', '@']).next()?;
    let mut parts = name.split('_');
    let language = parts.next().filter(|language| matches!(language.len(), 2 | 3))?;
    let region = parts.next().filter(|region| matches!(region.len(), 2 | 3));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain(language) || !region.is_none_or(plain) {
        return None;
    }
    Some(region.map_or_else(|| language.to_string(), |region| format!("{language}-{region}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_language_and_locale() {
        use Language::{De, En};
        let of = |set: &[(&str, &str)]| {
            spoken(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string()))
        };
        type Case<'c> = (&'c [(&'c str, &'c str)], Language, &'c str);
        let cases: &[Case<'_>] = &[
            (&[], En, "en-GB"),
            (&[("LANG", "C.UTF-8")], En, "en-GB"),
            (&[("LANG", "de_AT.UTF-8")], De, "de-AT"),
            (&[("LANG", "de_DE@euro"), ("LC_TIME", "en_US.UTF-8")], De, "en-US"),
            (&[("LANG", "en_US.UTF-8"), ("LANGUAGE", "fr:de:en")], De, "en-US"),
            (&[("LANG", "C"), ("LANGUAGE", "de")], En, "en-GB"),
            (&[("LANG", "de_DE"), ("LC_ALL", "fr_FR.UTF-8")], En, "fr-FR"),
            (&[("LANG", "<img src=x>")], En, "en-GB"),
        ];
        for (set, language, locale) in cases {
            assert_eq!(of(set), (*language, locale.to_string()), "{set:?}");
        }
    }
}
