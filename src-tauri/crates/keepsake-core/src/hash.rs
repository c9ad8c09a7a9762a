//! SHA-256 (FIPS 180-4), as 32 bytes, and as digits.

use std::io::{self, Read};

use ring::digest::{Context, SHA256, digest};

/// How much of a stream is read at once.
const PIECE_BYTES: usize = 1 << 20;

/// Of bytes in memory.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Of what a context was given.
pub fn finish(context: Context) -> [u8; 32] {
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Of a stream to its end. `go_on` is asked after each piece of at most 1 MiB, with its bytes; None when it said no.
///
/// # Errors
/// When the stream cannot be read.
pub fn sha256_of_stream(stream: &mut impl Read, mut go_on: impl FnMut(u64) -> bool) -> io::Result<Option<[u8; 32]>> {
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(Some(finish(context))),
            Ok(count) => {
                context.update(&buffer[..count]);
                if !go_on(count as u64) {
                    return Ok(None);
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)] as char, DIGITS[usize::from(b & 15)] as char]).collect()
}

/// A SHA-256 from 64 hexadecimal digits.
pub fn sha256_of_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; 32];
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_the_hash_of_its_bytes() {
        // FIPS 180-2, appendix B.3: a million times `a`.
        let million = vec![b'a'; 1_000_000];
        let wanted = sha256_of_hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
        assert_eq!(Some(sha256(&million)), wanted);
        let mut pieces = (&million[..400_000]).chain(&million[400_000..]);
        assert_eq!(sha256_of_stream(&mut pieces, |_| true).unwrap(), wanted);
        assert_eq!(sha256_of_stream(&mut &million[..], |_| false).unwrap(), None);
    }
}
