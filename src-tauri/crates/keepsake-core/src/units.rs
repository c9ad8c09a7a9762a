//! Numbers as people read them.

use std::fmt;

/// A number of bytes, shown in decimal units with one decimal at most: `512 bytes`, `2.1 GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteCount(pub u64);

impl fmt::Display for ByteCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
        if self.0 < 1000 {
            return if self.0 == 1 { write!(f, "1 byte") } else { write!(f, "{} bytes", self.0) };
        }
        let mut value = self.0 as f64 / 1000.0;
        let mut unit = 0;
        // 999.5 would be shown as 1000: it belongs to the next unit.
        while value >= 999.5 && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        if value < 9.95 {
            let tenths = (value * 10.0).round() as u64;
            if tenths.is_multiple_of(10) {
                write!(f, "{} {}", tenths / 10, UNITS[unit])
            } else {
                write!(f, "{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
            }
        } else {
            write!(f, "{} {}", value.round() as u64, UNITS[unit])
        }
    }
}

/// A count with separators: `41,204`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count(pub u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A count of things with the right plural: `1 file`, `41,204 files`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", Count(count)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_as_people_say_them() {
        for (bytes, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1 kB"),
            (2_100_000_000, "2.1 GB"),
            (9_949_000, "9.9 MB"),
            (9_950_000, "10 MB"),
            (312_400_000, "312 MB"),
            (999_400, "999 kB"),
            (999_950, "1 MB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(ByteCount(bytes).to_string(), shown, "{bytes}");
        }
    }

    #[test]
    fn counts_have_separators() {
        assert_eq!(Count(0).to_string(), "0");
        assert_eq!(Count(999).to_string(), "999");
        assert_eq!(Count(1000).to_string(), "1,000");
        assert_eq!(Count(41_204).to_string(), "41,204");
        assert_eq!(counted(1, "file", "files"), "1 file");
    }
}
