//! `keepsake thumbnail`: draws the picture on stdin small, onto stdout as JPEG; with `--qr` it writes what the QR code of a recovery
//! sheet in it says. A process of its own, as what is in a picture
//! was made by strangers: its memory and its time are limited, and whoever started it kills it after five seconds.

use std::io::{self, Cursor, Read, Write};

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use rqrr::PreparedImage;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use zeroize::Zeroizing;

use crate::error::{CliError, Exit};

/// The largest file, in bytes.
const MOST_INPUT_BYTES: u64 = 64 << 20;
/// The longest side of a picture, in pixels.
const MOST_SIDE: u32 = 30_000;
/// The most pixels of a picture.
const MOST_PIXELS: u64 = 200_000_000;
/// The most memory that decoding may take, in bytes: four for each pixel, and as much again for what is on the way.
const MOST_MEMORY_BYTES: u64 = 1 << 30;
/// The most memory of the whole process, in bytes.
const MOST_PROCESS_BYTES: u64 = 3 << 30;
/// The most seconds of a processor.
const MOST_CPU_SECS: u64 = 5;
/// The longest side of what is drawn, in pixels.
const SIDE: u32 = 256;
const QUALITY: u8 = 80;
/// The longest sides at which a QR code is looked for, in pixels, one after the other.
const QR_SIDES: [u32; 3] = [1_200, 800, 2_400];
/// The longest side at which it is looked for at last.
const MOST_QR_SIDE: u32 = 6_000;

/// Draws the picture on stdin, or reads the recovery sheet in it.
///
/// # Errors
/// Exit code 65 when it is none that can be drawn within the limits, or none of a recovery sheet.
pub fn run(is_sheet: bool) -> Result<Exit, CliError> {
    limit(Resource::Cpu, MOST_CPU_SECS);
    limit(Resource::As, MOST_PROCESS_BYTES);
    // No file that is written is wanted, nor one of what was in memory.
    limit(Resource::Core, 0);
    let mut picture = Vec::new();
    let read = io::stdin().lock().take(MOST_INPUT_BYTES + 1).read_to_end(&mut picture);
    if read.is_err() || picture.len() as u64 > MOST_INPUT_BYTES {
        return Err(no_picture("it cannot be read, or is too large"));
    }
    let found = Zeroizing::new(if is_sheet {
        key_on_sheet(&picture).map_err(no_picture)?.into_bytes()
    } else {
        drawn(&picture).map_err(no_picture)?
    });
    io::stdout().lock().write_all(&found).map_err(no_picture)?;
    Ok(Exit::Good)
}

fn no_picture(why: impl ToString) -> CliError {
    CliError::input(
        format!("this picture cannot be drawn small: {}", why.to_string()),
        "Nothing is wrong with it else.",
    )
}

/// Where a limit is lower already, it stays.
fn limit(resource: Resource, most: u64) {
    let maximum = getrlimit(resource).maximum;
    let most = maximum.map_or(most, |maximum| maximum.min(most));
    // Without it the one who started this still kills it in time.
    let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
}

/// What the QR code of a recovery sheet in a picture says. Large pictures are looked at small first: a phone's noise goes away
/// with the size, and so does most of the time.
fn key_on_sheet(picture: &[u8]) -> Result<String, String> {
    let (image, _) = decoded(picture)?;
    let longest = image.width().max(image.height());
    for side in QR_SIDES.into_iter().filter(|side| *side < longest).chain([longest.min(MOST_QR_SIDE)]) {
        let smaller;
        let looked_at = if side < longest {
            smaller = image.thumbnail(side, side);
            &smaller
        } else {
            &image
        };
        // Where it is transparent it is white.
        let grey = DynamicImage::ImageRgb8(on_white(looked_at)).into_luma8();
        let (width, height) = (grey.width() as usize, grey.height() as usize);
        let mut prepared =
            PreparedImage::prepare_from_greyscale(width, height, |x, y| grey.get_pixel(x as u32, y as u32).0[0]);
        let found = prepared.detect_grids().into_iter().filter_map(|grid| grid.decode().ok());
        if let Some((_, text)) = found.into_iter().find(|(_, text)| text.starts_with("AGE-SECRET-KEY-1")) {
            return Ok(text);
        }
    }
    Err("there is no QR code of a recovery sheet in it".into())
}

/// A JPEG of at most 256 x 256 pixels, the right way up, on white where the picture is transparent.
fn drawn(picture: &[u8]) -> Result<Vec<u8>, String> {
    let (mut image, orientation) = decoded(picture)?;
    if image.width() > SIDE || image.height() > SIDE {
        image = image.thumbnail(SIDE, SIDE);
    }
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    on_white(&image).write_with_encoder(encoder).map_err(|e| e.to_string())?;
    Ok(jpeg)
}

/// A picture, within the limits, and how it is to be turned.
fn decoded(picture: &[u8]) -> Result<(DynamicImage, Option<Orientation>), String> {
    let mut reader = ImageReader::new(Cursor::new(picture)).with_guessed_format().map_err(|e| e.to_string())?;
    match reader.format() {
        Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP) => {}
        _ => return Err("it is of no kind that is known here".into()),
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_MEMORY_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(format!("it has {width} x {height} pixels"));
    }
    if decoder.total_bytes() > MOST_MEMORY_BYTES {
        return Err(format!("it takes {} bytes of memory", decoder.total_bytes()));
    }
    // One that cannot be told leaves the picture as it is.
    let orientation = decoder.orientation().ok();
    let image = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
    Ok((image, orientation))
}

fn on_white(image: &DynamicImage) -> RgbImage {
    let image = image.to_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, a] = image.get_pixel(x, y).0.map(u32::from);
        let over = |part: u32| ((part * a + 255 * (255 - a)) / 255) as u8;
        Rgb([over(r), over(g), over(b)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgba, RgbaImage};

    fn png(image: &RgbaImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).expect("a picture");
        bytes.into_inner()
    }

    fn sides(jpeg: &[u8]) -> (u32, u32) {
        let image = image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).expect("a JPEG");
        (image.width(), image.height())
    }

    #[test]
    fn large_ones_become_small_and_small_ones_stay() {
        assert_eq!(sides(&drawn(&png(&RgbaImage::new(1000, 500))).expect("drawn")), (256, 128));
        assert_eq!(sides(&drawn(&png(&RgbaImage::new(30, 20))).expect("drawn")), (30, 20));
        assert_eq!(sides(&drawn(&png(&RgbaImage::new(1, 5000))).expect("drawn")).1, 256);
    }

    #[test]
    fn what_is_transparent_is_white() {
        let clear = RgbaImage::from_pixel(20, 20, Rgba([200, 0, 0, 0]));
        let image = image::load_from_memory(&drawn(&png(&clear)).expect("drawn")).expect("a JPEG").to_rgb8();
        assert!(image.get_pixel(10, 10).0.iter().all(|part| *part > 250));
    }

    #[test]
    fn hostile_pictures_are_refused() {
        let good = png(&RgbaImage::from_pixel(300, 300, Rgba([1, 2, 3, 255])));
        for cut in [0, 1, 8, 20, 40, good.len() / 2] {
            assert!(drawn(&good[..cut]).is_err(), "{cut}");
        }
        // A header of 30,000 x 30,000 pixels, and one that is longer than any picture: nothing of that is taken.
        for (width, height) in [(30_000u32, 30_000u32), (4_000_000_000, 1), (0, 0)] {
            let mut bomb = good.clone();
            bomb[16..20].copy_from_slice(&width.to_be_bytes());
            bomb[20..24].copy_from_slice(&height.to_be_bytes());
            assert!(drawn(&bomb).is_err(), "{width} x {height}");
        }
        let gif =
            [&b"GIF89a\xff\xff\xff\xff\x80\x00\x00"[..], &[0; 6], b",\0\0\0\0\xff\xff\xff\xff\0\x02\x00;"].concat();
        for no_picture in [&b"GIF89a"[..], &gif, b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8 ", b"hello", b"%PDF-1.4"]
        {
            assert!(drawn(no_picture).is_err());
        }
    }
}
