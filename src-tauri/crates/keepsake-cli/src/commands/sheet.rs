//! `keepsake sheet`: the recovery sheet, which opens locked copies when this computer is gone.

use std::io::{self, BufRead, IsTerminal, Read};

use keepsake_api::EnteredKey;
use keepsake_core::backup::computer;
use keepsake_core::sealed::{Family, QrStyle, RecoverySheet};
use serde_json::json;
use zeroize::Zeroizing;

use crate::args::SheetArgs;
use crate::error::{CliError, Exit};
use crate::keyring::Keys;
use crate::recovery::{enter, enter_picture, family_and_key, key_lost, look_for_key, make_key, no_key_yet};
use crate::say;
use crate::surroundings::Surroundings;

/// The most bytes that are read from somebody who types.
const MOST_TYPED_BYTES: u64 = 16 << 10;

/// Does what is asked for with the sheet.
///
/// # Errors
/// [`CliError`] when there is no key, it cannot be had now, or what was typed is not it.
pub fn run(around: &Surroundings, asked: &SheetArgs) -> Result<Exit, CliError> {
    match asked {
        SheetArgs { check: Some(code), .. } => check(around, code),
        SheetArgs { enter: true, .. } => {
            let typed = typed()?;
            entered(around, enter(around, &typed, asked.from.dir.as_deref())?)
        }
        SheetArgs { picture: Some(picture), .. } => {
            entered(around, enter_picture(around, picture, asked.from.dir.as_deref())?)
        }
        SheetArgs { new: true, .. } => make_new(around),
        SheetArgs { look: true, .. } => {
            look_for_key(around);
            Ok(Exit::Good)
        }
        _ => print(around, asked.text),
    }
}

fn print(around: &Surroundings, is_text_wanted: bool) -> Result<Exit, CliError> {
    if !is_text_wanted && !io::stdout().is_terminal() {
        let message = "the recovery sheet is a secret, and this is no terminal: it could end in a log";
        return Err(CliError::input(message, "To print it: keepsake sheet --text | lp"));
    }
    let (family, key) = family_and_key(around)?;
    let sheet = RecoverySheet::of(key);
    let (computer, _) = computer();
    if around.global.json {
        say::json(&json!({
            "words": sheet.words(), "key": sheet.key_text(), "check_code": sheet.check_code(),
            "qr_svg": sheet.qr_svg(), "made": family.made_secs, "computer": computer,
        }))?;
        return Ok(Exit::Good);
    }
    let style = if is_text_wanted { QrStyle::Paper } else { QrStyle::Terminal };
    let mut answer = say::Answer::new();
    let made = jiff::Timestamp::from_second(family.made_secs).unwrap_or_default();
    let made = made.to_zoned(around.clock.time_zone()).strftime("%Y-%m-%d");
    answer.line("KEEPSAKE RECOVERY SHEET")?;
    answer.line(format_args!("Key of {made}, printed on {computer}."))?;
    answer.line("Whoever has this sheet can read every locked copy. Keep it where your passports are, on paper.")?;
    answer.text("\n")?;
    answer.text(&sheet.qr_text(style))?;
    answer.text("\nThe key, as in the QR code:\n\n  ")?;
    answer.line(sheet.key_text())?;
    answer.text("\nThe same key in words:\n\n")?;
    for line in sheet.word_lines() {
        answer.line(format_args!("  {line}"))?;
    }
    answer.text(&format!("\nCheck code:  {}\n", sheet.check_code()))?;
    answer.text(STEPS)?;
    answer.finish()?;
    Ok(Exit::Good)
}

/// What to do with it.
const STEPS: &str = "
Now: type the check code back, so that Keepsake knows that this was printed.
  keepsake sheet --check CODE

On a new computer, with Keepsake: plug the drive in and follow the window; or
  keepsake sheet --enter        then type the words, or the key
  keepsake sheet --picture FILE      a photo of this sheet

Without Keepsake: install age (https://age-encryption.org; on Debian: apt install age). Write the
key above into a file key.txt, one line. Then in the folder with the backups, oldest first, of each:
    age -d -i key.txt family_20260303_020500.tar.gz.age | tar -xzpf - -C /where/to
A backup in several parts (.age.001, .age.002) is joined first:
    cat family_20260303_020500.tar.gz.age.* | age -d -i key.txt | tar -xzpf - -C /where/to
Delete key.txt afterwards.
";

fn check(around: &Surroundings, code: &str) -> Result<Exit, CliError> {
    let family = Family::load(&around.data_dir)?.ok_or_else(no_key_yet)?;
    let is_right = family.check_sheet(&around.data_dir, &Keys::around(around), code)?.ok_or_else(key_lost)?;
    if around.global.json {
        say::json(&json!({ "right": is_right }))?;
    } else if !is_right {
        let message = "this is not the check code of the recovery sheet";
        return Err(CliError::input(
            message,
            "It stands on the sheet. If you have an older one, print it anew: keepsake sheet",
        ));
    } else if !around.global.quiet {
        say::lines(["Right. The recovery sheet is printed: keep it safe."])?;
    }
    Ok(if is_right { Exit::Good } else { Exit::Input })
}

/// What is typed on stdin, never on the command line, which other programs can read: to its end, on a terminal to an empty line.
fn typed() -> Result<Zeroizing<String>, CliError> {
    let mut text = Zeroizing::new(String::new());
    let unreadable = |e: io::Error| {
        let why = keepsake_core::error::plain(&e);
        CliError::input(format!("what was typed cannot be read: {why}"), "Type the words of the sheet, or its key.")
    };
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        stdin.lock().take(MOST_TYPED_BYTES).read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    say::note("Type the 24 words of the sheet, or its key; then an empty line.");
    let mut lines = stdin.lock().take(MOST_TYPED_BYTES);
    loop {
        let begun = text.len();
        let read = lines.read_line(&mut text).map_err(unreadable)?;
        if read == 0 || (text[begun..].trim().is_empty() && !text.trim().is_empty()) {
            return Ok(text);
        }
    }
}

fn entered(around: &Surroundings, entered: EnteredKey) -> Result<Exit, CliError> {
    let is_good = matches!(entered, EnteredKey::Good {});
    if around.global.json {
        say::json(&entered)?;
    } else if let Some((message, advice)) = what_is_wrong(&entered) {
        return Err(CliError::input(message, advice));
    } else if !around.global.quiet {
        say::lines(["Good: this computer has the recovery key now."])?;
    }
    Ok(if is_good { Exit::Good } else { Exit::Input })
}

/// None when nothing is.
fn what_is_wrong(entered: &EnteredKey) -> Option<(String, &'static str)> {
    Some(match entered {
        EnteredKey::Good {} => return None,
        EnteredKey::Typos { typos } => {
            let mut lines = vec!["these words are not in the list:".to_string()];
            lines.extend(typos.iter().map(|typo| match typo.meant.as_slice() {
                [] => format!("  word {}: {}", typo.number, typo.typed),
                meant => format!("  word {}: {} (is it {}?)", typo.number, typo.typed, meant.join(" or ")),
            }));
            (lines.join("\n"), "Compare them with the sheet, and type all words again.")
        }
        EnteredKey::WrongWord {} => (
            "all words are in the list, but one is another than on the sheet, or two have changed places".into(),
            "Compare word by word with the sheet; of the key, letter by letter. Then type all again.",
        ),
        EnteredKey::WrongCount { count } => {
            (format!("these are {count} words, and a sheet has 24"), "Type all words of the sheet, from 1 to 24.")
        }
        EnteredKey::OtherFamily {} => (
            "this is the key of another family, or one from before it was changed elsewhere".into(),
            "Is it the sheet that belongs to these copies? With --from DIR it is tried on the backups there.",
        ),
        EnteredKey::NotFound {} => (
            "there is no QR code of a recovery sheet in this picture".into(),
            "Take it from straight above, in good light, so that the code fills half of it. Or type the words: \
             keepsake sheet --enter",
        ),
    })
}

fn make_new(around: &Surroundings) -> Result<Exit, CliError> {
    let (family, had_one) = make_key(around)?;
    if around.global.json {
        say::json(&json!({ "recipient": family.recipient.to_string(), "replaced": had_one }))?;
    } else if !around.global.quiet {
        let mut lines = vec!["There is a new recovery key. Print its sheet now: keepsake sheet"];
        if had_one {
            lines.push(
                "Copies from now on are locked with it. Older copies still need the old sheet: keep both, and note",
            );
            lines.push("the day on the old one. This computer keeps the old key, too. Drives that were in use");
            lines.push("know the family by its old key, and may have to be adopted anew.");
        }
        say::lines(lines)?;
    }
    Ok(Exit::Good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_but_the_good_one_says_what_to_do() {
        let typo = keepsake_api::WordTypo { number: 3, typed: "abondon".into(), meant: vec!["abandon".into()] };
        let all = [
            EnteredKey::Typos { typos: vec![typo] },
            EnteredKey::WrongWord {},
            EnteredKey::WrongCount { count: 23 },
            EnteredKey::OtherFamily {},
            EnteredKey::NotFound {},
        ];
        for outcome in all {
            let (message, advice) = what_is_wrong(&outcome).expect("it is wrong");
            assert!(!message.is_empty() && advice.ends_with(|c: char| c == '.' || c.is_alphabetic()), "{message}");
        }
        assert_eq!(what_is_wrong(&EnteredKey::Good {}), None);
    }

    #[test]
    fn the_sheet_fits_a_page() {
        assert!(STEPS.lines().all(|line| line.chars().count() <= 100));
    }
}
