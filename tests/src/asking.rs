//! `keepsake answer`, asked line by line as the agent asks it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::House;

/// The process, and what was asked so far.
pub struct Asking {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
    asked: u64,
}

impl Asking {
    /// Starts it.
    pub fn begin(house: &House) -> Self {
        let mut command = house.command(["answer"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let from = BufReader::new(child.stdout.take().expect("piped"));
        Self { to: child.stdin.take(), child, from, asked: 0 }
    }

    /// The reply to a line.
    pub fn line(&mut self, line: &[u8]) -> Value {
        let to = self.to.as_mut().expect("not closed yet");
        to.write_all(line).and_then(|()| to.write_all(b"\n")).and_then(|()| to.flush()).expect("it listens");
        let mut answer = String::new();
        assert!(
            self.from.read_line(&mut answer).expect("it answers") > 0,
            "no answer to {}",
            String::from_utf8_lossy(line)
        );
        serde_json::from_str(&answer).expect("JSON")
    }

    /// The reply to a question.
    pub fn reply(&mut self, request: Value) -> Value {
        self.asked += 1;
        let reply = self.line(json!({ "id": self.asked, "request": request }).to_string().as_bytes());
        assert_eq!(reply["id"], self.asked);
        reply
    }

    /// The answer to a question, which must not be refused.
    #[track_caller]
    pub fn ask(&mut self, request: Value) -> Value {
        let reply = self.reply(request.clone());
        assert_eq!(reply["answer"]["answer"], request["ask"], "{reply:#}");
        reply["answer"]["value"].clone()
    }

    /// The kind and the sentence of a refusal.
    #[track_caller]
    pub fn refused(&mut self, request: Value) -> (String, String) {
        let reply = self.reply(request);
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{reply:#}")).to_string();
        (text(&reply["refused"]["kind"]), text(&reply["refused"]["said"]["id"]))
    }

    /// Closes the connection: it must end, and well.
    pub fn end(mut self) {
        drop(self.to.take());
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// What all of a list say under a key.
#[track_caller]
pub fn names<'v>(items: &'v Value, key: &str) -> Vec<&'v str> {
    items.as_array().expect("a list").iter().map(|item| item[key].as_str().expect("text")).collect()
}
