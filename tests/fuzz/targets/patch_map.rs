//! Maps of patches.
#![no_main]

use keepsake_tests::hostile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let _ = hostile::patch_map(input);
});
