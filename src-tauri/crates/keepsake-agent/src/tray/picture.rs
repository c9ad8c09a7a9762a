//! The pictures of the states, drawn by `icons/render`.

use std::sync::OnceLock;

/// A picture of the tray.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Picture {
    /// A check in a closed box.
    Good,
    /// An exclamation in an open box.
    Attention,
    /// A cross in a cracked box.
    Problem,
    /// A dotted box.
    NotSetUp,
    /// Turning arrows around a pie of so many tenths, 0 to 10.
    Busy(u8),
}

macro_rules! sizes {
    ($name:literal) => {
        [
            include_bytes!(concat!("../../../../../icons/png/tray-", $name, "-16.png")).as_slice(),
            include_bytes!(concat!("../../../../../icons/png/tray-", $name, "-22.png")),
            include_bytes!(concat!("../../../../../icons/png/tray-", $name, "-24.png")),
            include_bytes!(concat!("../../../../../icons/png/tray-", $name, "-32.png")),
            include_bytes!(concat!("../../../../../icons/png/tray-", $name, "-48.png")),
            include_bytes!(concat!("../../../../../icons/png/tray-", $name, "-64.png")),
        ]
    };
}

/// All pictures, each in six sizes: first the four that do not move, then the tenths.
static DRAWN: [[&[u8]; 6]; 15] = [
    sizes!("good"),
    sizes!("attention"),
    sizes!("problem"),
    sizes!("not-set-up"),
    sizes!("busy-0"),
    sizes!("busy-1"),
    sizes!("busy-2"),
    sizes!("busy-3"),
    sizes!("busy-4"),
    sizes!("busy-5"),
    sizes!("busy-6"),
    sizes!("busy-7"),
    sizes!("busy-8"),
    sizes!("busy-9"),
    sizes!("busy-10"),
];

impl Picture {
    /// The picture in each size, the smallest first, unpacked when it is first wanted.
    pub(super) fn pixmaps(self) -> &'static [ksni::Icon] {
        static UNPACKED: [OnceLock<Vec<ksni::Icon>>; 15] = [const { OnceLock::new() }; 15];
        let at = match self {
            Self::Good => 0,
            Self::Attention => 1,
            Self::Problem => 2,
            Self::NotSetUp => 3,
            Self::Busy(tenths) => 4 + usize::from(tenths.min(10)),
        };
        UNPACKED[at].get_or_init(|| DRAWN[at].iter().filter_map(|png| pixmap(png)).collect())
    }
}

/// The pixels in network byte order, alpha first, as the specification wants them. A test unpacks all.
fn pixmap(png: &[u8]) -> Option<ksni::Icon> {
    let picture = image::load_from_memory_with_format(png, image::ImageFormat::Png).ok()?.into_rgba8();
    let (width, height) = (picture.width().cast_signed(), picture.height().cast_signed());
    let mut data = picture.into_raw();
    data.chunks_exact_mut(4).for_each(|pixel| pixel.rotate_right(1));
    Some(ksni::Icon { width, height, data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_in_each_size_and_none_is_like_another() {
        let mut all = vec![Picture::Good, Picture::Attention, Picture::Problem, Picture::NotSetUp];
        all.extend((0..=10).map(Picture::Busy));
        for (at, picture) in all.iter().enumerate() {
            let sizes: Vec<i32> = picture.pixmaps().iter().map(|icon| icon.width).collect();
            assert_eq!(sizes, [16, 22, 24, 32, 48, 64], "{picture:?}");
            for (size, icon) in picture.pixmaps().iter().enumerate() {
                assert_eq!(icon.data.len() as i32, icon.width * icon.height * 4);
                for other in &all[..at] {
                    assert_ne!(other.pixmaps()[size].data, icon.data, "{picture:?} and {other:?}");
                }
            }
        }
        assert_eq!(Picture::Busy(99).pixmaps()[0].data, Picture::Busy(10).pixmaps()[0].data);
    }

    /// How much two pictures differ where colour is not seen: by the darkness and coverage of their pixels.
    fn difference(one: &ksni::Icon, other: &ksni::Icon) -> f64 {
        let gray = |pixel: &[u8]| {
            let light = 0.299 * f64::from(pixel[1]) + 0.587 * f64::from(pixel[2]) + 0.114 * f64::from(pixel[3]);
            // On a panel of middle gray.
            let alpha = f64::from(pixel[0]) / 255.0;
            light * alpha + 128.0 * (1.0 - alpha)
        };
        let pairs = one.data.chunks_exact(4).zip(other.data.chunks_exact(4));
        pairs.map(|(one, other)| (gray(one) - gray(other)).abs() / 255.0).sum::<f64>()
            / f64::from(one.width * one.height)
    }

    #[test]
    fn states_differ_in_shape_and_not_by_colour_alone() {
        let all = [Picture::Good, Picture::Attention, Picture::Problem, Picture::NotSetUp, Picture::Busy(5)];
        for (at, picture) in all.iter().enumerate() {
            for other in &all[..at] {
                for size in 0..6 {
                    let far = difference(&picture.pixmaps()[size], &other.pixmaps()[size]);
                    assert!(far > 0.04, "{picture:?} and {other:?} at size {size}: {far}");
                }
            }
        }
    }
}
