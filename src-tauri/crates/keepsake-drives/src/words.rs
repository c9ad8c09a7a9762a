//! What a drive says of itself, made fit to be shown: a label or a name is whatever somebody wrote on a stick.

/// The longest name or label that is passed on, in characters.
pub(crate) const LONGEST_CHARS: usize = 64;
/// What stands for a character that must not be shown.
const REPLACEMENT: char = '\u{FFFD}';

/// The text without control characters, marks that turn the direction of writing, and characters that nobody sees;
/// runs of spaces are one. At most `longest_chars` characters.
pub(crate) fn clean(raw: &str, longest_chars: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in raw.split_whitespace() {
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        for c in word.chars() {
            if count >= longest_chars {
                return out.trim_end().to_owned();
            }
            out.push(if is_fit(c) { c } else { REPLACEMENT });
            count += 1;
        }
    }
    out.trim_end().to_owned()
}

/// As [`clean`], for names and labels.
pub(crate) fn name(raw: &str) -> String {
    clean(raw, LONGEST_CHARS)
}

/// False for what changes how the text around it looks, or is not seen at all. The lists are those of Unicode 15:
/// `Bidi_Control`, `Default_Ignorable_Code_Point` as far as no language needs it, noncharacters and private use.
fn is_fit(c: char) -> bool {
    let is_unfit = c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{FDD0}'..='\u{FDEF}' | '\u{E000}'..='\u{F8FF}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
        || (c as u32) & 0xFFFE == 0xFFFE;
    !is_unfit
}

/// The text of an `..._ENC` property of udev: `\x20` stands for the byte 0x20. What is not UTF-8 becomes U+FFFD.
pub(crate) fn decode(encoded: &str) -> String {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = rest.strip_prefix(b"\\x").and_then(|after| after.get(..2)).and_then(|two| str::from_utf8(two).ok());
        let byte = hex
            .filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[4..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_label_cannot_turn_the_text_around_it() {
        assert_eq!(name("Fotos\u{202E}gpj.exe"), "Fotos\u{FFFD}gpj.exe");
        assert_eq!(name("a\u{1b}[31mred\u{7}"), "a\u{FFFD}[31mred\u{FFFD}");
        assert_eq!(name("two\nlines\tand\u{2028}three"), "two lines and three");
        assert_eq!(name("  Große Fotos 📷 "), "Große Fotos 📷");
        assert_eq!(name("\u{200B}\u{E0041}"), "\u{FFFD}\u{FFFD}");
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(name(&"ä".repeat(500)).chars().count(), LONGEST_CHARS);
        assert_eq!(clean("ab cd", 3), "ab");
    }

    #[test]
    fn encoded_properties_are_decoded() {
        assert_eq!(decode(r"SanDisk\x20Ultra"), "SanDisk Ultra");
        assert_eq!(decode(r"Gro\xc3\x9fe\x5cx"), r"Große\x");
        assert_eq!(decode(r"\xff\x4"), "\u{FFFD}\\x4");
        assert_eq!(decode(r"\x+1"), r"\x+1");
    }

    proptest! {
        #[test]
        fn whatever_is_shown_is_fit(raw in any::<String>(), longest in 0_usize..80) {
            let shown = clean(&raw, longest);
            prop_assert!(shown.chars().count() <= longest);
            prop_assert!(shown.chars().all(is_fit));
            prop_assert_eq!(clean(&shown, longest), shown);
        }

        #[test]
        fn what_udev_encodes_comes_back(raw in any::<Vec<u8>>()) {
            let encoded: String = raw.iter().map(|&b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("\\x{b:02x}") }).collect();
            prop_assert_eq!(decode(&encoded), String::from_utf8_lossy(&raw));
        }
    }
}
