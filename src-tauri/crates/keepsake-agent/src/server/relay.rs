//! Questions whose answers are read from catalog, archives and disks: a child process of the connection answers them,
//! `keepsake answer`. So the agent stays small, and what is hostile in a backup meets only the child. It is started at
//! the first such question, and ended with the connection.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::net::RecvFlags;
use rustix::process::{Pid, Signal, kill_process_group};

use super::Service;

/// How often it is looked whether whoever asked is still there, while an answer is waited for.
const LOOK_EACH: Duration = Duration::from_millis(250);
/// So much is passed on at once.
const CHUNK_BYTES: usize = 64 << 10;

/// Passes questions on.
pub(super) struct Relay<'s> {
    service: &'s Service,
    answerer: Option<Answerer>,
}

/// Who is not there any more.
pub(super) enum Gone {
    /// Who asked; or half of an answer went out, and nothing can follow it.
    Asker,
    /// Who should have answered: why.
    Answerer(String),
}

/// The child process, and the connection to it.
struct Answerer {
    child: Child,
    stream: UnixStream,
}

impl Drop for Answerer {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

impl<'s> Relay<'s> {
    pub fn new(service: &'s Service) -> Self {
        Self { service, answerer: None }
    }

    /// Asks, and passes the answer on as it comes. A child that dies or takes too long is started anew at the next
    /// question.
    pub fn ask(&mut self, line: &[u8], asker: &mut UnixStream) -> Result<(), Gone> {
        let done = self.try_to_ask(line, asker);
        if done.is_err() {
            self.answerer = None;
        }
        done
    }

    fn try_to_ask(&mut self, line: &[u8], asker: &mut UnixStream) -> Result<(), Gone> {
        let answerer = match &mut self.answerer {
            Some(answerer) => answerer,
            none => none.insert(start(self.service).map_err(|e| Gone::Answerer(format!("it could not start: {e}")))?),
        };
        let until = Instant::now() + self.service.answer_within;
        let asked = answerer.stream.write_all(line).and_then(|()| answerer.stream.write_all(b"\n"));
        asked.map_err(|e| Gone::Answerer(answerer.died(&e)))?;
        let mut has_begun = false;
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let why = format!("there was no answer within {} s", self.service.answer_within.as_secs());
                return Err(if has_begun { Gone::Asker } else { Gone::Answerer(why) });
            }
            // A time of nothing would be one without an end.
            let wait = left.min(LOOK_EACH).max(Duration::from_millis(1));
            let read = answerer.stream.set_read_timeout(Some(wait)).and_then(|()| answerer.stream.read(&mut chunk));
            let count = match read {
                Ok(0) if has_begun => return Err(Gone::Asker),
                Ok(0) => return Err(Gone::Answerer(answerer.died(&io::ErrorKind::UnexpectedEof.into()))),
                Ok(count) => count,
                Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                    if has_left(asker) {
                        return Err(Gone::Asker);
                    }
                    continue;
                }
                Err(e) if has_begun => {
                    let _ = e;
                    return Err(Gone::Asker);
                }
                Err(e) => return Err(Gone::Answerer(answerer.died(&e))),
            };
            has_begun = true;
            let end = chunk[..count].iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.map_or(count, |end| end + 1)];
            asker.write_all(part).map_err(|_| Gone::Asker)?;
            match end {
                None => {}
                Some(end) if end + 1 == count => return Ok(()),
                // More than one line to a question is no answer: the next one would get the wrong one.
                Some(_) => {
                    self.answerer = None;
                    return Ok(());
                }
            }
        }
    }
}

impl Answerer {
    /// Ends it at once, and whoever it has begun.
    fn kill(&mut self) {
        // It has not been waited for yet, so the number of its group is still its own.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
    }

    /// What can be said of its death.
    fn died(&mut self, error: &io::Error) -> String {
        self.kill();
        match self.child.wait() {
            Ok(status) => format!("what answers has ended ({status})"),
            Err(_) => format!("what answers has ended ({error})"),
        }
    }
}

/// True when whoever asked has closed the connection, as far as that can be seen without reading.
fn has_left(asker: &UnixStream) -> bool {
    let mut byte = [0u8; 1];
    match rustix::net::recv(asker, &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Ok((count, _)) => count == 0,
        Err(e) => e != rustix::io::Errno::AGAIN && e != rustix::io::Errno::INTR,
    }
}

/// Starts the child. A socket pair stands for both pipes: reading from it can have a time limit.
fn start(service: &Service) -> io::Result<Answerer> {
    let (stream, theirs) = UnixStream::pair()?;
    stream.set_write_timeout(Some(service.answer_within))?;
    let stdin = OwnedFd::from(theirs.try_clone()?);
    let mut command = Command::new(&service.program);
    command.arg0("keepsake").arg("--config").arg(&service.config).arg("answer").process_group(0);
    command.stdin(Stdio::from(stdin)).stdout(Stdio::from(OwnedFd::from(theirs)));
    Ok(Answerer { child: command.spawn()?, stream })
}
