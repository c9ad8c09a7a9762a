//! The recovery sheet: the key on paper.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};
use zeroize::Zeroizing;

use super::RecoveryKey;

/// A recovery sheet. Whoever has it can read every copy.
pub struct RecoverySheet {
    key: RecoveryKey,
    text: Zeroizing<String>,
}

impl std::fmt::Debug for RecoverySheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecoverySheet").finish_non_exhaustive()
    }
}

/// How a QR code is drawn with letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QrStyle {
    /// Black on white whatever the terminal's colours are, by ECMA-48's sequences for colours.
    Terminal,
    /// With blocks only, which are dark: for white paper.
    Paper,
}

impl RecoverySheet {
    /// The sheet of a key.
    pub fn of(key: RecoveryKey) -> Self {
        let text = key.to_text();
        Self { key, text }
    }

    /// What its QR code says: `AGE-SECRET-KEY-1...`.
    pub fn key_text(&self) -> &str {
        &self.text
    }

    /// Its 24 words.
    pub fn words(&self) -> Vec<&'static str> {
        self.key.words()
    }

    /// Its words in four columns of six, with their numbers, read from top to bottom.
    pub fn word_lines(&self) -> Vec<String> {
        let words = self.words();
        let cell = |at: usize| format!("{:>2}. {:<10}", at + 1, words[at]);
        let line = |row: usize| (0..4).map(|column| cell(6 * column + row)).collect::<Vec<_>>().join(" ");
        (0..6).map(|row| line(row).trim_end().to_string()).collect()
    }

    /// What is typed back to show that it was printed, in two groups of four.
    pub fn check_code(&self) -> String {
        let code = self.key.check_code();
        let (a, b) = code.split_at(4);
        format!("{a}-{b}")
    }

    /// Its QR code as a picture: SVG, black on white, with the quiet zone of four modules around it (ISO/IEC 18004).
    pub fn qr_svg(&self) -> String {
        self.qr().render::<qrcode::render::svg::Color>().min_dimensions(240, 240).build()
    }

    /// Its QR code in letters, two modules each, one above the other.
    pub fn qr_text(&self, style: QrStyle) -> String {
        match style {
            QrStyle::Paper => self.qr().render::<Dense1x2>().build(),
            // Blocks are light there, so that it does not depend on how a font draws a space.
            QrStyle::Terminal => {
                let code = self.qr();
                let mut drawn = code.render::<Dense1x2>();
                let drawn = drawn.dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
                drawn.lines().map(|line| format!("\x1b[38;5;231;48;5;16m{line}\x1b[0m\n")).collect()
            }
        }
    }

    /// Capital letters and digits only: version 5, which half the damage that paper takes in a drawer does not hurt (level Q).
    fn qr(&self) -> QrCode {
        QrCode::with_error_correction_level(self.text.as_bytes(), EcLevel::Q).expect("74 letters fit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_columns_with_their_numbers() {
        let key = RecoveryKey::of_bytes(&[0; 32]);
        let lines = RecoverySheet::of(key).word_lines();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[0].split_whitespace().step_by(2).collect::<Vec<_>>(), ["1.", "7.", "13.", "19."]);
        assert!(lines[5].ends_with("24. art"), "{}", lines[5]);
        assert!(lines.iter().all(|line| line.chars().count() < 72), "{lines:?}");
        let typed = RecoveryKey::from_typed(&RecoverySheet::of(RecoveryKey::of_bytes(&[0; 32])).words().join(", "));
        assert_eq!(typed.unwrap().bytes(), &[0; 32]);
    }

    #[test]
    fn the_secret_is_not_in_its_debug_output() {
        assert_eq!(format!("{:?}", RecoverySheet::of(RecoveryKey::generate())), "RecoverySheet { .. }");
    }

    #[test]
    fn its_drawings_are_what_they_are_called() {
        let sheet = RecoverySheet::of(RecoveryKey::generate());
        let svg = sheet.qr_svg();
        assert!(svg.starts_with("<?xml") && svg.contains("<svg ") && !svg.contains("script"), "{svg}");
        let (paper, terminal) = (sheet.qr_text(QrStyle::Paper), sheet.qr_text(QrStyle::Terminal));
        assert!(!paper.contains('\x1b') && paper.contains('█'));
        assert_eq!(paper.lines().count(), terminal.lines().count());
        assert!(terminal.lines().all(|line| line.starts_with('\x1b') && line.ends_with("\x1b[0m")));
    }
}
