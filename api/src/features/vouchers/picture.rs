//! A voucher code as a picture: QR at level M with its quiet zone, as SVG or PNG.

use qrcode::{Color, EcLevel, QrCode, render::svg};

use crate::error::{Problem, Result};

/// Light modules around the code, as the standard asks.
const QUIET: usize = 4;
/// Pixels of one module in the PNG.
const SCALE: usize = 8;

fn encode(code: &str) -> Result<QrCode> {
    QrCode::with_error_correction_level(code, EcLevel::M).map_err(Problem::internal)
}

/// As SVG.
pub(super) fn svg(code: &str) -> Result<String> {
    let pixels = u32::try_from(SCALE).unwrap_or(8);
    Ok(encode(code)?.render::<svg::Color<'_>>().quiet_zone(true).module_dimensions(pixels, pixels).build())
}

/// As PNG: one bit a pixel, white is 1.
pub(super) fn png(code: &str) -> Result<Vec<u8>> {
    let qr = encode(code)?;
    let (modules, colors) = (qr.width(), qr.to_colors());
    let side = (modules + 2 * QUIET) * SCALE;
    let row_bytes = side.div_ceil(8);
    let mut pixels = vec![0xff_u8; row_bytes * side];
    for (i, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let (x0, y0) = ((i % modules + QUIET) * SCALE, (i / modules + QUIET) * SCALE);
        for y in y0..y0 + SCALE {
            for x in x0..x0 + SCALE {
                pixels[y * row_bytes + x / 8] &= !(0x80 >> (x % 8));
            }
        }
    }
    let side = u32::try_from(side).map_err(Problem::internal)?;
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().map_err(Problem::internal)?;
    writer.write_image_data(&pixels).map_err(Problem::internal)?;
    writer.finish().map_err(Problem::internal)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "V1AGJPBQMKPR6RBMOC2PSPLJVXZAANKXQZ7GQ4D6F3LGQOOHVZ";

    #[test]
    fn a_code_needs_version_4_at_most_at_level_m() {
        let qr = encode(CODE).unwrap();
        let qrcode::Version::Normal(version) = qr.version() else { panic!("a micro code") };
        assert!(version <= 4, "version {version}");
        assert_eq!(qr.error_correction_level(), EcLevel::M);
    }

    #[test]
    fn the_pictures_have_a_quiet_zone() {
        let png = png(CODE).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        let side = u32::from_be_bytes(png[16..20].try_into().unwrap()) as usize;
        assert_eq!(side, (encode(CODE).unwrap().width() + 8) * SCALE);
        assert!(svg(CODE).unwrap().contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    }
}
