//! Where the agent's state is, by the rule that `keepsake` itself follows.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folder of state: `KEEPSAKE_DATA_DIR`, else by the XDG Base Directory Specification 0.8; None where there is no home
/// folder. `var` tells what an environment variable holds.
pub fn data_dir(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let not_empty = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // As the specification says: paths in its variables that are not absolute are ignored.
    let xdg = || not_empty("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let home = || Some(not_empty("HOME").filter(|path| path.is_absolute())?.join(".local/share"));
    let dir = not_empty("KEEPSAKE_DATA_DIR").or_else(|| Some(xdg().or_else(home)?.join("keepsake")))?;
    std::path::absolute(dir).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_where_keepsake_looks() {
        let of = |set: &[(&str, &str)]| {
            data_dir(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
        };
        let home = ("HOME", "/h");
        assert_eq!(of(&[home, ("KEEPSAKE_DATA_DIR", "/d"), ("XDG_DATA_HOME", "/x")]), Some("/d".into()));
        assert_eq!(of(&[home, ("KEEPSAKE_DATA_DIR", ""), ("XDG_DATA_HOME", "/x")]), Some("/x/keepsake".into()));
        assert_eq!(of(&[home, ("XDG_DATA_HOME", "x")]), Some("/h/.local/share/keepsake".into()));
        assert_eq!(of(&[home]), Some("/h/.local/share/keepsake".into()));
        assert_eq!(of(&[("HOME", "h")]), None);
    }
}
