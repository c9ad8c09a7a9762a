use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::sealed::SealingWriter;
use crate::sealed::header::MAX_HEADER_BYTES;

/// Bytes in memory; what is read of them is counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counted {
    bytes: Arc<Vec<u8>>,
    read_bytes: Arc<AtomicU64>,
    reads: Arc<AtomicU64>,
}

impl Counted {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(bytes), ..Self::default() }
    }
    /// Reads and bytes since the last call.
    fn since(&self) -> (u64, u64) {
        (self.reads.swap(0, Ordering::SeqCst), self.read_bytes.swap(0, Ordering::SeqCst))
    }
}

impl ReadAt for Counted {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        let from = self.bytes.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(from);
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.read_bytes.fetch_add(buffer.len() as u64, Ordering::SeqCst);
        Ok(())
    }
    fn length(&self) -> io::Result<u64> {
        Ok(self.bytes.len() as u64)
    }
}

/// Bytes in which no two chunks are alike.
pub(crate) fn content(bytes: usize) -> Vec<u8> {
    (0..bytes as u64).map(|at| (at ^ (at >> 8) ^ (at >> 16).wrapping_mul(151)) as u8).collect()
}

pub(crate) fn sealed(plain: &[u8], key: &RecoveryKey) -> Vec<u8> {
    let mut sealing = SealingWriter::new(Vec::new(), &key.recipient()).unwrap();
    sealing.write_all(plain).unwrap();
    sealing.finish().unwrap()
}

pub(crate) fn opened(bytes: Vec<u8>, key: &RecoveryKey) -> Result<SealedReader, SealedError> {
    SealedReader::open(Path::new("a.tar.gz.age"), Box::new(Counted::of(bytes)), std::slice::from_ref(key))
}

/// All of it.
pub(crate) fn whole(reader: &SealedReader) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; reader.length()? as usize];
    reader.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// The lengths at which something changes.
const LENGTHS: [usize; 9] = [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 200_000];

#[test]
fn every_length_comes_back_and_is_known_without_a_key() {
    let key = RecoveryKey::generate();
    for length in LENGTHS {
        let plain = content(length);
        let locked = sealed(&plain, &key);
        assert_eq!(plain_bytes(Path::new("a"), &Counted::of(locked.clone())).unwrap(), length as u64);
        assert_eq!(whole(&opened(locked, &key).unwrap()).unwrap(), plain, "{length}");
    }
}

#[test]
fn only_the_chunks_of_a_range_are_read_and_each_range_with_one_read() {
    let key = RecoveryKey::generate();
    let plain = content(3_000_000);
    let file = Counted::of(sealed(&plain, &key));
    let reader = SealedReader::open(Path::new("a"), Box::new(file.clone()), std::slice::from_ref(&key)).unwrap();
    let (reads, bytes) = file.since();
    assert!(reads == 2 && bytes <= (MAX_HEADER_BYTES as u64) + 16 + SEALED_CHUNK_BYTES, "{reads} reads, {bytes} bytes");
    let mut buffer = vec![0; 300_000];
    for (offset, length, chunks) in [(0, 1, 1), (65_535, 2, 2), (65_536, 65_536, 1), (1_000_000, 300_000, 5)] {
        let buffer = &mut buffer[..length];
        reader.read_exact_at(buffer, offset).unwrap();
        assert_eq!(buffer, &plain[offset as usize..offset as usize + length]);
        assert_eq!(file.since(), (1, chunks * SEALED_CHUNK_BYTES), "{length} bytes at {offset}");
    }
    // The tail was read when it was opened.
    let tail = &mut buffer[..1_000];
    reader.read_exact_at(tail, 2_999_000).unwrap();
    assert_eq!((file.since(), &tail[..]), ((0, 0), &plain[2_999_000..]));
    assert_eq!(reader.read_exact_at(&mut buffer[..2], 2_999_999).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(reader.read_exact_at(&mut buffer[..2], u64::MAX).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    reader.read_exact_at(&mut [], 3_000_000).unwrap();
}

#[test]
fn several_threads_read_at_once() {
    let key = RecoveryKey::generate();
    let plain = content(1_000_000);
    let reader = opened(sealed(&plain, &key), &key).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4usize {
            let (reader, plain) = (&reader, &plain);
            scope.spawn(move || {
                let mut buffer = vec![0; 70_000];
                for round in 0..20usize {
                    let at = (thread * 7_919 + round * 45_007) % 930_000;
                    reader.read_exact_at(&mut buffer, at as u64).unwrap();
                    assert!(buffer == plain[at..at + 70_000], "{at}");
                }
            });
        }
    });
}

#[test]
fn the_right_one_of_many_keys_is_found_and_a_wrong_one_is_told() {
    let keys: Vec<_> = (0..3).map(|_| RecoveryKey::generate()).collect();
    let locked = Counted::of(sealed(b"ours", &keys[2]));
    let open = |keys: &[RecoveryKey]| SealedReader::open(Path::new("/x/a.age"), Box::new(locked.clone()), keys);
    assert_eq!(whole(&open(&keys).unwrap()).unwrap(), b"ours");
    for wrong in [&keys[..2], &[]] {
        let error = open(wrong).unwrap_err();
        assert!(matches!(error, SealedError::WrongKey { .. }), "{error:?}");
        assert_eq!(error.to_string(), "/x/a.age was locked with another recovery key");
    }
    assert!(is_opened_by(Path::new("a"), &locked, &keys[2]).unwrap());
    assert!(!is_opened_by(Path::new("a"), &locked, &keys[0]).unwrap());
    assert!(is_opened_by(Path::new("a"), &Counted::of(b"no".to_vec()), &keys[0]).is_err());
}

#[test]
fn each_way_to_be_wrong_is_told_by_its_own_error() {
    let key = RecoveryKey::generate();
    let locked = sealed(&content(200_000), &key);
    let header_bytes = locked.windows(5).position(|w| w == b"\n--- ").unwrap() + 5 + 44;
    for no_age in [&b""[..], b"hello", &[0x1f, 0x8b, 8, 0], b"age-encryptiom.org/v1\n"] {
        let error = opened(no_age.to_vec(), &key).unwrap_err();
        assert!(matches!(error, SealedError::NotSealed { .. }), "{error:?}");
    }
    let payload = header_bytes + 16;
    // In the header, at its end, behind each chunk, and within the last one.
    for cut in
        [3, 30, header_bytes - 1, header_bytes, payload + 3, payload + 65_552, payload + 131_104, payload + 150_000]
    {
        let error = opened(locked[..cut].to_vec(), &key).unwrap_err();
        assert!(matches!(error, SealedError::Truncated { .. }), "cut to {cut}: {error:?}");
    }
    let mut damaged = locked.clone();
    damaged[payload + 65_552 + 7] ^= 1;
    let reader = opened(damaged, &key).unwrap();
    let mut buffer = [0; 10];
    reader.read_exact_at(&mut buffer, 0).unwrap();
    reader.read_exact_at(&mut buffer, 131_072).unwrap();
    let error = reader.read_exact_at(&mut buffer, 65_530).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(error.to_string(), format!("a.tar.gz.age is damaged at byte {}", payload + 65_552));
    // Chunks that changed places, and one more behind the last.
    let mut swapped = locked.clone();
    let (one, two) = swapped[payload..].split_at_mut(65_552);
    one.swap_with_slice(&mut two[..65_552]);
    assert!(whole(&opened(swapped, &key).unwrap()).is_err());
    assert!(matches!(opened([&locked[..], b"x"].concat(), &key), Err(SealedError::Truncated { .. })));
    // A version that is not known, and a header that was changed.
    let later = [&b"age-encryption.org/v2"[..], &locked[21..]].concat();
    assert!(matches!(opened(later, &key), Err(SealedError::BadHeader { why, .. }) if why.contains("version")));
    let mut other_mac = locked;
    let mac = &mut other_mac[header_bytes - 20];
    *mac = if *mac == b'A' { b'B' } else { b'A' };
    assert!(matches!(opened(other_mac, &key), Err(SealedError::BadHeader { why, .. }) if why.contains("changed")));
}

/// Says that it is longer than anything, and has `begins`, then one byte for ever.
#[derive(Debug)]
struct Endless {
    begins: Vec<u8>,
    then: u8,
}

impl ReadAt for Endless {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        assert!(buffer.len() <= 1 << 20, "{} bytes are asked for at once", buffer.len());
        for (at, byte) in (offset..).zip(buffer) {
            *byte = self.begins.get(usize::try_from(at).unwrap_or(usize::MAX)).copied().unwrap_or(self.then);
        }
        Ok(())
    }
    fn length(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

#[test]
fn hostile_headers_take_neither_time_nor_memory() {
    let key = RecoveryKey::generate();
    let first = b"age-encryption.org/v1\n";
    let stanza = |n: usize| format!("-> X25519 {n}\n\n").into_bytes();
    let many: Vec<u8> = (0..5_000).flat_map(stanza).collect();
    let short: Vec<u8> = b"-> a\n\n".repeat((MAX_HEADER_BYTES - 100) / 6);
    let long_line = [b"-> a ".to_vec(), vec![b'x'; MAX_HEADER_BYTES - 200], b"\n\n".to_vec()].concat();
    let body = [b"-> a\n".to_vec(), [vec![b'A'; 64], vec![b'\n']].concat().repeat(120), b"\n".to_vec()].concat();
    let mac = format!("--- {}\n", "A".repeat(43)).into_bytes();
    let begun = Instant::now();
    let mut refused = 0;
    for middle in [many, short, long_line, body, b"-> \xff\xfe\n\n".to_vec(), b"\n\n\n".to_vec(), Vec::new()] {
        for end in [&mac[..], b"---\n", b"--- \xff\n", b""] {
            let begins = [&first[..], &middle, end, &[0; 16]].concat();
            for then in [0, b'\n', b'A', b'-'] {
                let inner = Box::new(Endless { begins: begins.clone(), then });
                let error = SealedReader::open(Path::new("a"), inner, std::slice::from_ref(&key)).unwrap_err();
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
            assert!(opened(begins, &key).is_err());
        }
    }
    assert_eq!(refused, 112);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_range_is_what_was_written(length in 0usize..300_000, ranges in prop::collection::vec((0.0..1.0, 0.0..1.0), 8)) {
        let key = RecoveryKey::of_bytes(&[7; 32]);
        let plain = content(length);
        let reader = opened(sealed(&plain, &key), &key).unwrap();
        for (from, to) in ranges {
            let (from, to): (f64, f64) = (from, to);
            let start = (from * length as f64) as usize;
            let end = start + (to * (length - start) as f64) as usize;
            let mut buffer = vec![0; end - start];
            reader.read_exact_at(&mut buffer, start as u64).unwrap();
            prop_assert!(buffer == plain[start..end], "{start}..{end} of {length}");
        }
    }

    #[test]
    fn every_flipped_bit_is_told(length in prop::sample::select(&LENGTHS[..]), at in 0.0..1.0f64, bit in 0u8..8) {
        let key = RecoveryKey::of_bytes(&[7; 32]);
        let mut locked = sealed(&content(length), &key);
        let at = (at * locked.len() as f64) as usize;
        locked[at] ^= 1 << bit;
        let read = opened(locked, &key).map_err(SealedError::into_io).and_then(|reader| whole(&reader));
        prop_assert!(read.is_err(), "bit {bit} of byte {at}");
    }

    #[test]
    fn every_byte_that_is_missing_is_told(length in prop::sample::select(&LENGTHS[..]), kept in 0.0..1.0f64) {
        let key = RecoveryKey::of_bytes(&[7; 32]);
        let locked = sealed(&content(length), &key);
        let kept = (kept * locked.len() as f64) as usize;
        prop_assert!(opened(locked[..kept].to_vec(), &key).is_err(), "{kept} of {}", locked.len());
    }

    #[test]
    fn nothing_that_is_read_ends_in_a_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..400), begins in 0usize..22) {
        let first = &b"age-encryption.org/v1\n"[..begins];
        bytes.splice(0..0, first.iter().copied());
        let _ = plain_bytes(Path::new("a"), &Counted::of(bytes.clone()));
        prop_assert!(opened(bytes, &RecoveryKey::of_bytes(&[7; 32])).is_err());
    }
}

/// Each byte of a small file, every bit: what the random ones above may miss.
#[test]
fn every_bit_of_a_small_file_counts() {
    let key = RecoveryKey::generate();
    let locked = sealed(b"the content", &key);
    for at in 0..locked.len() {
        for bit in 0..8 {
            let mut flipped = locked.clone();
            flipped[at] ^= 1 << bit;
            let read = opened(flipped, &key).map_err(SealedError::into_io).and_then(|reader| whole(&reader));
            assert!(read.is_err(), "bit {bit} of byte {at}");
        }
    }
}
