//! Hours in which the desktop stays quiet.

/// From when to when the desktop stays quiet, by the clock on the wall. It may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// The first quiet minute since midnight, 0 to 1439.
    pub from_minute: u16,
    /// The first minute that is not quiet any more, 0 to 1439; another than `from_minute`.
    pub to_minute: u16,
}

impl QuietHours {
    /// Reads `21:00-08:00`. Spaces do not count, and hours may have one digit.
    ///
    /// # Errors
    /// What is wrong, in words that follow "cannot be TEXT:".
    pub fn parse(text: &str) -> Result<QuietHours, String> {
        let times = text.split_once('-').and_then(|(from, to)| Some((minute(from.trim())?, minute(to.trim())?)));
        match times {
            None => Err("it must be two times of day, as in \"21:00-08:00\"".into()),
            Some((from, to)) if from == to => Err("it begins and ends at the same time; take it out for never".into()),
            Some((from_minute, to_minute)) => Ok(QuietHours { from_minute, to_minute }),
        }
    }

    /// True when a minute since midnight is quiet.
    pub fn contains(self, minute: u16) -> bool {
        match self.from_minute < self.to_minute {
            true => (self.from_minute..self.to_minute).contains(&minute),
            false => minute >= self.from_minute || minute < self.to_minute,
        }
    }
}

/// `21:00-08:00`, as the file has it.
impl std::fmt::Display for QuietHours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (from, to) = (self.from_minute, self.to_minute);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':').filter(|(_, minute)| minute.len() == 2)?;
    Some(number(hour, 23)? * 60 + number(minute, 59)?)
}

fn number(digits: &str, most: u16) -> Option<u16> {
    let is_number = matches!(digits.len(), 1 | 2) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| is_number && *number <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_may_go_over_midnight() {
        let night = QuietHours::parse(" 21:00-8:05 ").unwrap();
        assert_eq!(night.to_string(), "21:00-08:05");
        assert_eq!(
            [0, 484, 485, 1259, 1260, 1439].map(|minute| night.contains(minute)),
            [true, true, false, false, true, true]
        );
        let noon = QuietHours::parse("12:00-13:00").unwrap();
        assert_eq!([719, 720, 779, 780].map(|minute| noon.contains(minute)), [false, true, true, false]);
    }
}
