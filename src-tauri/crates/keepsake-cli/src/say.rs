//! What is written on stdout and stderr. A reader that goes away is no error: then nothing more is written.

use std::borrow::Cow;
use std::io::{self, BufWriter, StdoutLock, Write};

use keepsake_core::archive_path::misleads;
use serde::Serialize;

use crate::error::CliError;

/// The answer on stdout.
pub struct Answer {
    to: BufWriter<StdoutLock<'static>>,
    gone: bool,
}

impl Answer {
    /// Begins an answer.
    pub fn new() -> Self {
        Self { to: BufWriter::with_capacity(64 << 10, io::stdout().lock()), gone: false }
    }

    /// One line, in which nothing misleads.
    ///
    /// # Errors
    /// When it cannot be written, as for all that follow.
    pub fn line(&mut self, text: impl std::fmt::Display) -> Result<(), CliError> {
        self.write(|to| writeln!(to, "{}", as_it_is(&text.to_string())))
    }

    /// A piece of JSON, without a newline.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        self.write(|to| serde_json::to_writer(to, value).map_err(io::Error::from))
    }

    /// Text as it is, without a newline.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn text(&mut self, text: &str) -> Result<(), CliError> {
        self.write(|to| to.write_all(text.as_bytes()))
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.write(|to| to.write_all(bytes))
    }

    /// True once the reader has gone away: there is no use in going on.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&mut self) -> Result<(), CliError> {
        self.write(|to| to.flush())
    }

    fn write(
        &mut self,
        write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
    ) -> Result<(), CliError> {
        if self.gone {
            return Ok(());
        }
        match write(&mut self.to) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            Err(e) => {
                let why = keepsake_core::error::plain(&e);
                Err(CliError::failed(format!("the answer could not be written: {why}"), "See where it was to go."))
            }
        }
    }
}

/// A text in which what [`misleads`] is escaped, as control characters in names are: whoever reads it on a terminal must see
/// what is there.
fn as_it_is(text: &str) -> Cow<'_, str> {
    if !text.contains(misleads) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if misleads(c) { seen.extend(c.escape_unicode()) } else { seen.push(c) }
    }
    Cow::Owned(seen)
}

/// One JSON object and nothing else.
///
/// # Errors
/// When it cannot be written.
pub fn json(value: &impl Serialize) -> Result<(), CliError> {
    let mut answer = Answer::new();
    answer.json(value)?;
    answer.text("\n")?;
    answer.finish()
}

/// Lines on stdout.
///
/// # Errors
/// When they cannot be written.
pub fn lines<T: std::fmt::Display>(lines: impl IntoIterator<Item = T>) -> Result<(), CliError> {
    let mut answer = Answer::new();
    for line in lines {
        answer.line(line)?;
    }
    answer.finish()
}

/// A remark on stderr. It is lost when nobody reads that.
pub fn note(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{}", as_it_is(&text.to_string()));
}

/// An error, as people or programs read it.
pub fn error(error: &CliError, as_json: bool) {
    if as_json {
        #[derive(Serialize)]
        struct Told<'a> {
            error: Inner<'a>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            message: &'a str,
            advice: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            word: Option<&'a str>,
        }
        let _ = json(&Told { error: Inner { message: &error.message, advice: &error.advice, word: error.word } });
    } else {
        note(format_args!("keepsake: {}\n{}", error.message, error.advice));
    }
}
