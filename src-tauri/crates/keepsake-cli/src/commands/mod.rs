//! The commands, one file for each group.

pub mod agent;
pub mod backup;
pub mod copy;
pub mod delete;
pub mod files;
pub mod known;
pub mod list;
mod make_room;
pub mod open;
pub mod prune;
pub mod restore;
pub mod sheet;
pub mod shell;
pub mod status;
pub mod thumbnail;
pub mod tray;
pub mod undo;
pub mod verify;
pub mod versions;

use keepsake_core::monitor::Problem;
use keepsake_core::units::{Count, counted};

/// How many problems are named.
const NAMED: usize = 10;

/// Problems as lines, the first ten by name, or all that are known by name.
pub fn problem_lines(problems: &[Problem], count: u64, is_verbose: bool, where_others: &str) -> Vec<String> {
    let count = count.max(problems.len() as u64);
    if count == 0 {
        return Vec::new();
    }
    let named = if is_verbose { problems.len() } else { problems.len().min(NAMED) };
    let mut lines = vec![format!("{}:", counted(count, "problem", "problems"))];
    lines.extend(problems[..named].iter().map(|p| format!("  {}: {}", p.path, p.message)));
    let more = count - named as u64;
    if more > 0 {
        lines.push(format!("  and {} more{where_others}", Count(more)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use keepsake_core::monitor::ProblemKind;

    #[test]
    fn the_first_problems_are_named_and_the_others_counted() {
        let one = |i: usize| Problem {
            kind: ProblemKind::Unreadable,
            path: format!("home/{i}"),
            message: "no permission".into(),
        };
        let many: Vec<_> = (0..12).map(one).collect();
        let lines = problem_lines(&many, 1234, false, ": see there");
        assert_eq!(lines.len(), 12);
        assert_eq!(lines[0], "1,234 problems:");
        assert_eq!(lines[1], "  home/0: no permission");
        assert_eq!(lines[11], "  and 1,224 more: see there");
        assert_eq!(problem_lines(&many, 12, true, "").len(), 13);
        assert_eq!(problem_lines(&many[..1], 1, false, "")[0], "1 problem:");
        assert_eq!(problem_lines(&[], 0, false, ""), [""; 0]);
    }
}
