//! Exclude patterns as people write them in the settings.

use std::path::Path;

use ignore::gitignore::GitignoreBuilder;

/// Refuses a pattern that is none, or that could never match anything below `folder`.
///
/// # Errors
/// What is wrong, in words that follow "cannot be PATTERN:".
pub(super) fn check(pattern: &str, folder: &Path) -> Result<(), String> {
    if pattern.contains(char::is_control) {
        return Err("a pattern is one line of plain text".into());
    }
    let relative = |rest: &str| format!("patterns begin below the source's own `path`; was \"/{rest}\" meant?");
    let bare = pattern.strip_prefix('!').unwrap_or(pattern);
    if bare.trim().is_empty() || bare.trim() == "/" {
        return Err("it names nothing; take it out, or write what is to be left out, as in \"*.tmp\"".into());
    }
    if pattern.starts_with('#') {
        return Err(format!("that is only a remark; for a name that begins with `#` write \"\\\\{pattern}\""));
    }
    for beginning in ["~/", "./", "$HOME/"] {
        if let Some(rest) = bare.strip_prefix(beginning) {
            return Err(relative(rest));
        }
    }
    if folder != Path::new("/")
        && let Ok(rest) = Path::new(bare).strip_prefix(folder)
        && !rest.as_os_str().is_empty()
    {
        let ending = if bare.ends_with('/') { "/" } else { "" };
        return Err(relative(&format!("{}{ending}", rest.display())));
    }
    if bare.split('/').any(|part| part == "." || part == "..") {
        return Err("write the pattern without `.` and `..` between the slashes: it would never match".into());
    }
    let mut builder = GitignoreBuilder::new(folder);
    builder.allow_unclosed_class(false);
    builder.add_line(None, pattern).and_then(|builder| builder.build()).map(drop).map_err(|error| {
        let literally = if bare.contains('[') { "; for the bracket itself write \"\\\\[\"" } else { "" };
        format!("as a pattern it is wrong ({error}){literally}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_never_match_is_refused_and_what_was_meant_is_said() {
        let check = |pattern: &str| check(pattern, Path::new("/home/ada/Pictures"));
        for (wrong, says) in [
            ("[", "\"\\\\[\""),
            ("a[b", "wrong"),
            ("{a", "wrong"),
            ("a[z-a]", "wrong"),
            ("a\nb", "one line"),
            ("", "names nothing"),
            ("  ", "names nothing"),
            ("!", "names nothing"),
            ("/", "names nothing"),
            ("# old", "\"\\\\# old\""),
            ("~/Pictures/x", "was \"/Pictures/x\" meant?"),
            ("./x/", "was \"/x/\" meant?"),
            ("!./x", "was \"/x\" meant?"),
            ("/home/ada/Pictures/old/", "was \"/old/\" meant?"),
            ("../Music", "never match"),
            ("a/./b", "never match"),
        ] {
            let told = check(wrong).expect_err(wrong);
            assert!(told.contains(says), "{wrong:?}: {told}");
        }
        let right =
            ["*.tmp", ".cache/", "!keep.tmp", "\\[", "[ab]", "\\#1", "a#b", "/home", "~", "**/z", "a/**", "..."];
        for right in right {
            assert_eq!(check(right), Ok(()), "{right:?}");
        }
    }
}
