//! Names of drives, as text that cannot be anything else. What a stick calls itself was written by whoever made or filled it;
//! it is shown in menus and in the first line of notifications, where nobody reads markup and some cannot show two lines.

use keepsake_api::{Said, SaidArg};

/// The longest name that is shown, in characters: one line of a notification.
const MAX_CHARS: usize = 60;

/// The name in one line, without what cannot be seen or turns other text around, and not too long. Never empty.
pub(crate) fn plain(name: &str) -> String {
    let seen: String = name.chars().map(|one| if is_unseen(one) { ' ' } else { one }).collect();
    let words: Vec<&str> = seen.split_whitespace().collect();
    let line = words.join(" ");
    match line.chars().count() {
        0 => "USB".into(),
        1..=MAX_CHARS => line,
        _ => line.chars().take(MAX_CHARS - 1).chain(['…']).collect(),
    }
}

/// The sentence with each text in it made plain.
pub(crate) fn plain_said(said: &Said) -> Said {
    let arg = |arg: &SaidArg| match arg {
        SaidArg::Text(text) => SaidArg::Text(plain(text)),
        other => other.clone(),
    };
    said.args.iter().fold(Said::new(said.id.as_str()), |all, (name, value)| all.with(name, arg(value)))
}

/// Control characters, the marks of direction of the Unicode Bidirectional Algorithm (<https://www.unicode.org/reports/tr9/>,
/// table 1), and signs without width.
fn is_unseen(one: char) -> bool {
    one.is_control()
        || matches!(one, '\u{61c}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_one_plain_line() {
        for (name, shown) in [
            ("SanDisk Ultra", "SanDisk Ultra"),
            ("Mum & Dad <3", "Mum & Dad <3"),
            ("a\nb\u{7}\t c", "a b c"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            ("", "USB"),
            (" \u{200b}\n", "USB"),
            ("Größe ß 写真", "Größe ß 写真"),
        ] {
            assert_eq!(plain(name), shown);
        }
        let said = Said::new("drive-held").text("name", "x\ny").text("program", "\u{202e}").count("n", 3);
        assert_eq!(plain_said(&said), Said::new("drive-held").text("name", "x y").text("program", "USB").count("n", 3));
    }

    proptest! {
        #[test]
        fn no_name_is_long_empty_or_of_two_lines(name in any::<String>()) {
            let shown = plain(&name);
            prop_assert!((1..=MAX_CHARS).contains(&shown.chars().count()));
            prop_assert!(!shown.chars().any(is_unseen));
            prop_assert_eq!(plain(&shown), shown.clone());
        }
    }
}
