//! Chance that can be repeated: the same seed gives the same throws.

/// A die whose throws follow from its seed.
#[derive(Debug, Clone)]
pub struct Die {
    state: u64,
}

impl Die {
    /// A die with this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// One with the seed that the environment variable names, `moment` for one of the moment. Without it the seed is
    /// always the same, so that a run of all tests can be repeated. It is printed.
    pub fn of(variable: &str) -> Self {
        let seed = match std::env::var(variable).ok().as_deref() {
            Some("moment") => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
                u64::from(since.map_or(0, |since| since.subsec_nanos()))
            }
            Some(text) => text.parse().expect("a seed is a number, or `moment`"),
            None => 20_261_120,
        };
        eprintln!("{variable}={seed}");
        Self::new(seed)
    }

    /// Another, whose throws follow from this one's seed and a number.
    pub fn beside(mut self, number: u64) -> Self {
        self.state ^= Self::new(number).number();
        self
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `from` to `to`, both possible.
    pub fn between(&mut self, from: usize, to: usize) -> usize {
        from + (self.number() % (to.saturating_sub(from) as u64 + 1)) as usize
    }

    /// Heads or tails.
    pub fn coin(&mut self) -> bool {
        self.number() & 1 == 1
    }
}

/// A number from the environment, for instance how often a test repeats something.
pub fn number_from(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
