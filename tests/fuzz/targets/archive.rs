//! Archives as they are, and with right checksums over what was changed.
#![no_main]

use keepsake_tests::hostile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = hostile::archive(input);
    let mut input = input.to_vec();
    hostile::with_right_checksums(&mut input);
    let _ = hostile::archive(&input);
});
