//! What a run of the program does to the house's folder, recorded with `strace` and read back.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use fs_err as fs;

/// The calls that change files, make changes durable, or move the position at which a file is written.
const CALLS: &str = "trace=openat,write,pwrite64,writev,pwritev,ftruncate,fallocate,rename,renameat,renameat2,unlink,\
                     unlinkat,rmdir,link,linkat,symlink,symlinkat,mkdir,mkdirat,fsync,fdatasync,syncfs,lseek,\
                     copy_file_range,fchmod,fchmodat,chmod,utimensat,close";

/// The room that is kept for a full disk, relative to the house: it holds nothing, and costs much to write again.
pub const RESERVE: &str = "d/reserve";

/// A change of the folder, or a sync. Paths are relative to the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A file is made, unless it is there.
    Make(Vec<u8>, u32),
    /// A folder is made.
    MakeFolder(Vec<u8>, u32),
    /// A symbolic link is made, with what it says.
    MakeSymlink(Vec<u8>, Vec<u8>),
    /// A file gets a second name: the first, the second.
    Link(Vec<u8>, Vec<u8>),
    /// A name is given up for another.
    Rename(Vec<u8>, Vec<u8>),
    /// A name goes.
    Remove(Vec<u8>),
    /// Bytes are written at a position; at the end when there is none.
    Write(Vec<u8>, Option<u64>, Vec<u8>),
    /// A file gets this length.
    SetLength(Vec<u8>, u64),
    /// Permission bits.
    SetMode(Vec<u8>, u32),
    /// When it was last changed: seconds, nanoseconds.
    SetTime(Vec<u8>, i64, u32),
    /// A file's bytes, or a folder's names, are forced to the medium.
    Sync(Vec<u8>),
    /// Everything on the disk of this path is.
    SyncDisk(Vec<u8>),
}

/// A change, at the moment when its call returned.
#[derive(Debug, Clone)]
pub struct Traced {
    /// How many changes had been made when the call began: a sync speaks for no later ones.
    pub began_after: usize,
    /// What was done.
    pub change: Change,
}

/// Runs a command to its end under `strace` and tells what it did below `top`, in the order in which the calls
/// returned. None where tracing is not permitted.
pub fn trace(command: &Command, top: &Path, log: &Path) -> Option<Vec<Traced>> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-s", "33554432", "-e", CALLS, "-o"]).arg(log);
    strace.arg(command.get_program()).args(command.get_args());
    strace.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    strace.current_dir(command.get_current_dir()?);
    let output = strace.output().expect("strace starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("ptrace") && !output.status.success() {
        return None;
    }
    assert!(output.status.success(), "the run that is traced fails: {said}");
    let text = fs::read_to_string(log).expect("strace writes only ASCII");
    fs::remove_file(log).expect("it can be removed");
    let mut reader = Reader { top, changes: Vec::new(), begun: HashMap::new(), positions: HashMap::new() };
    text.lines().for_each(|line| reader.line(line));
    Some(reader.changes)
}

struct Reader<'t> {
    top: &'t Path,
    changes: Vec<Traced>,
    /// By thread: the first half of a call that another thread's line cut in two, and when it began.
    begun: HashMap<String, (String, usize)>,
    /// By number of the open file: where the next write goes; None for one that is always written at its end.
    positions: HashMap<String, Option<u64>>,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) {
        let (thread, rest) = line.split_once(' ').expect("a thread's number stands first");
        let rest = rest.trim_start();
        if let Some(first) = rest.strip_suffix(" <unfinished ...>") {
            self.begun.insert(thread.into(), (first.into(), self.changes.len()));
        } else if let Some(second) = rest.strip_prefix("<... ") {
            let Some((first, began_after)) = self.begun.remove(thread) else { return };
            let (_, second) = second.split_once(" resumed>").expect("a call that goes on");
            self.call(&(first + second), began_after);
        } else if !rest.starts_with(['+', '-']) {
            self.call(rest, self.changes.len());
        }
    }

    fn call(&mut self, call: &str, began_after: usize) {
        let (front, result) = call.rsplit_once(" = ").unwrap_or_else(|| panic!("a call without a result: {call:.200}"));
        let (name, args) = front.split_once('(').expect("a call has arguments");
        let args = split(args.trim_end().strip_suffix(')').expect("arguments end"));
        let number = result.split(['<', ' ']).next().and_then(|word| word.parse::<i64>().ok());
        let Some(result_number) = number.filter(|&number| number >= 0) else { return };
        let result_number = result_number as u64;
        for change in self.changes_of(name, &args, result, result_number) {
            self.changes.push(Traced { began_after, change });
        }
    }

    fn changes_of(&mut self, name: &str, args: &[&str], result: &str, count: u64) -> Vec<Change> {
        let open = |arg: &str| self.inside(&path_of_open(arg)?);
        let change = match name {
            "openat" => return self.opened(args, result),
            "close" => {
                self.positions.remove(number_of_open(args[0]));
                None
            }
            "lseek" => {
                if let Some(Some(position)) = self.positions.get_mut(number_of_open(args[0])) {
                    *position = count;
                }
                None
            }
            "write" | "writev" => {
                let bytes = written(name, args[1], count);
                let at = self.advance(args[0], count);
                self.open_path(args[0]).map(|path| Change::Write(path, at, bytes))
            }
            "pwrite64" | "pwritev" => {
                let at = args[if name == "pwritev" { 3 } else { args.len() - 1 }].parse().expect("a position");
                open(args[0]).map(|path| Change::Write(path, Some(at), written(name, args[1], count)))
            }
            "copy_file_range" => {
                assert!(self.open_path(args[2]).is_none(), "copying between files is not modelled");
                None
            }
            "fallocate" => {
                assert!(self.open_path(args[0]).is_none(), "reserving room is not modelled");
                None
            }
            "ftruncate" => open(args[0]).map(|path| Change::SetLength(path, args[1].parse().expect("a length"))),
            "fsync" | "fdatasync" => open(args[0]).map(Change::Sync),
            "syncfs" => open(args[0]).map(Change::SyncDisk),
            "rename" => self.two(&path(args[0]), &path(args[1]), Change::Rename),
            "renameat" | "renameat2" => self.two(&at(args[0], args[1]), &at(args[2], args[3]), Change::Rename),
            "link" => self.two(&path(args[0]), &path(args[1]), Change::Link),
            "linkat" => self.two(&at(args[0], args[1]), &at(args[2], args[3]), Change::Link),
            "symlink" => self.inside(&path(args[1])).map(|to| Change::MakeSymlink(to, path(args[0]))),
            "symlinkat" => self.inside(&at(args[1], args[2])).map(|to| Change::MakeSymlink(to, path(args[0]))),
            "unlink" | "rmdir" => self.inside(&path(args[0])).map(Change::Remove),
            "unlinkat" => self.inside(&at(args[0], args[1])).map(Change::Remove),
            "mkdir" => self.inside(&path(args[0])).map(|path| Change::MakeFolder(path, octal(args[1]))),
            "mkdirat" => self.inside(&at(args[0], args[1])).map(|path| Change::MakeFolder(path, octal(args[2]))),
            "fchmod" => open(args[0]).map(|path| Change::SetMode(path, octal(args[1]))),
            "chmod" => self.inside(&path(args[0])).map(|path| Change::SetMode(path, octal(args[1]))),
            "fchmodat" => self.inside(&at(args[0], args[1])).map(|path| Change::SetMode(path, octal(args[2]))),
            "utimensat" => {
                let of = if args[1] == "NULL" { open(args[0]) } else { self.inside(&at(args[0], args[1])) };
                let (secs, nanos) = last_changed(args[2]);
                of.map(|path| Change::SetTime(path, secs, nanos))
            }
            other => panic!("{other} is not known here"),
        };
        change.into_iter().collect()
    }

    fn opened(&mut self, args: &[&str], result: &str) -> Vec<Change> {
        let flags = args[2];
        if path_of_open(result).is_none() || !(flags.contains("O_WRONLY") || flags.contains("O_RDWR")) {
            return Vec::new();
        }
        let position = if flags.contains("O_APPEND") { None } else { Some(0) };
        self.positions.insert(number_of_open(result).into(), position);
        let Some(path) = self.inside(&at(args[0], args[1])) else { return Vec::new() };
        let mut changes = Vec::new();
        if flags.contains("O_CREAT") {
            changes.push(Change::Make(path.clone(), octal(args[3])));
        }
        if flags.contains("O_TRUNC") {
            changes.push(Change::SetLength(path, 0));
        }
        changes
    }

    fn advance(&mut self, open: &str, count: u64) -> Option<u64> {
        let position = self.positions.get_mut(number_of_open(open))?.as_mut()?;
        let at = *position;
        *position += count;
        Some(at)
    }

    fn open_path(&self, arg: &str) -> Option<Vec<u8>> {
        self.inside(&path_of_open(arg)?)
    }

    /// Relative to the house; None for what is elsewhere, for SQLite's index of its log, which is shared memory
    /// that it makes anew, and for the reserve, of which any length is a right one.
    fn inside(&self, path: &[u8]) -> Option<Vec<u8>> {
        let below = path.strip_prefix(self.top.as_os_str().as_encoded_bytes())?;
        let below = if below.is_empty() { below } else { below.strip_prefix(b"/")? };
        (!below.ends_with(b"-shm") && below != RESERVE.as_bytes()).then(|| below.to_vec())
    }

    fn two(&self, one: &[u8], two: &[u8], make: fn(Vec<u8>, Vec<u8>) -> Change) -> Option<Change> {
        Some(make(self.inside(one)?, self.inside(two)?))
    }
}

/// Cuts arguments at the commas outside of all brackets. Text is in hexadecimal, so no bracket is part of a name.
fn split(args: &str) -> Vec<&str> {
    let (mut found, mut depth, mut from) = (Vec::new(), 0, 0);
    for (i, byte) in args.bytes().enumerate() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b',' if depth == 0 => {
                found.push(args[from..i].trim());
                from = i + 1;
            }
            _ => {}
        }
    }
    found.push(args[from..].trim());
    found
}

/// The bytes of `\x61\x62`.
fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).expect("a hexadecimal digit") as u8;
    text.as_bytes().chunks_exact(4).map(|four| digit(four[2]) << 4 | digit(four[3])).collect()
}

/// The path in `"..."`.
fn path(arg: &str) -> Vec<u8> {
    unhex(arg.split('"').nth(1).unwrap_or_else(|| panic!("no path: {arg}")))
}

/// The path behind an open file's number: `7<...>`; None when it has no name any more.
fn path_of_open(arg: &str) -> Option<Vec<u8>> {
    let (_, rest) = arg.split_once('<')?;
    let (path, after) = rest.split_once('>')?;
    (path.starts_with("\\x") && !after.starts_with("(deleted)")).then(|| unhex(path))
}

fn number_of_open(arg: &str) -> &str {
    arg.split('<').next().expect("a number")
}

/// A path that is relative to an open folder.
fn at(folder: &str, name: &str) -> Vec<u8> {
    let name = path(name);
    if name.starts_with(b"/") {
        return name;
    }
    let mut full = path_of_open(folder).unwrap_or_else(|| panic!("no folder: {folder}"));
    if !name.is_empty() && name != b"." {
        full.push(b'/');
        full.extend(name);
    }
    full
}

fn octal(arg: &str) -> u32 {
    u32::from_str_radix(arg, 8).unwrap_or_else(|_| panic!("no mode: {arg}"))
}

fn written(name: &str, arg: &str, count: u64) -> Vec<u8> {
    assert!(!arg.contains("\"..."), "{name} writes more than is recorded");
    let mut bytes: Vec<u8> = arg.split('"').skip(1).step_by(2).flat_map(unhex).collect();
    bytes.truncate(count as usize);
    assert_eq!(bytes.len() as u64, count, "{name} is recorded incompletely");
    bytes
}

/// The second of `[{tv_sec=1, tv_nsec=2}, {tv_sec=3, tv_nsec=4}]`, perhaps with a date as a remark.
fn last_changed(arg: &str) -> (i64, u32) {
    let after = |key: &str| arg.rsplit(key).next().expect("a time").to_string();
    let digits = |text: String| text.split(|c: char| !c.is_ascii_digit() && c != '-').next().unwrap_or("").to_string();
    let number = |key| digits(after(key)).parse::<i64>().unwrap_or_else(|_| panic!("no time: {arg}"));
    (number("tv_sec="), number("tv_nsec=") as u32)
}
