//! Tails that are put together rightly, but for what the input says.
#![no_main]

use keepsake_tests::hostile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = hostile::tail(input);
});
