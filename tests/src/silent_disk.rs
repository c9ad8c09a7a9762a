//! A disk that never answers, like one over a network that has gone away: a FUSE file system behind which nobody is.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fs_err as fs;

use crate::here::{needs_root, skip};

/// Whoever asks for anything in it waits until it is dropped. Needs root.
#[derive(Debug)]
pub struct SilentDisk {
    at: PathBuf,
    nobody: Child,
}

impl SilentDisk {
    /// Mounts it; None, and the test is skipped, where that is not allowed.
    pub fn at(name: &str, at: &Path) -> Option<Self> {
        if !needs_root(name) {
            return None;
        }
        fs::create_dir_all(at).expect("a folder");
        // What would answer has the device open, and does not read from it. With it all who wait are let go.
        let script = "exec 3<>/dev/fuse && mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 keepsake-test \
                      \"$1\" && echo mounted && read forever";
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(at).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut nobody = shell.spawn().expect("sh starts");
        let mut said = String::new();
        let read = BufReader::new(nobody.stdout.take().expect("piped")).read_line(&mut said);
        if read.is_ok() && said == "mounted\n" {
            return Some(Self { at: at.into(), nobody });
        }
        let _ = nobody.kill();
        let _ = nobody.wait();
        skip(name, "mounting with FUSE is not allowed here");
        None
    }
}

impl Drop for SilentDisk {
    fn drop(&mut self) {
        // First it is gone for who comes, then for who waits.
        let _ = Command::new("umount").args(["-i", "-l"]).arg(&self.at).output();
        let _ = self.nobody.kill();
        let _ = self.nobody.wait();
    }
}
