//! A text as a picture: QR at level M with its quiet zone, as SVG or PNG, at the size asked for.

use qrcode::{Color, EcLevel, QrCode, render::svg};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    error::{Problem, Result},
    http::Whole,
};

/// How large.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PictureQuery {
    /// Pixels of a side at most, 120 to 2000; a PNG has as many as make all modules equal. Without
    /// it 8 pixels a module.
    #[param(value_type = Option<i32>, minimum = 120, maximum = 2000, example = 480)]
    pub size: Option<Side>,
}

/// Pixels of a side.
pub type Side = Whole<120, 2000>;

/// Light modules around the code, as the standard asks.
const QUIET: usize = 4;
/// Pixels of one module if no size is asked for.
const SCALE: usize = 8;

fn encode(text: &str) -> Result<QrCode> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(Problem::internal)
}

/// Whole pixels of a module within `size`.
fn scale(qr: &QrCode, size: Option<Side>) -> usize {
    let side = |size: Side| usize::try_from(size.0).unwrap_or(0) / (qr.width() + 2 * QUIET);
    size.map_or(SCALE, |size| side(size).max(1))
}

/// As SVG; it has exactly the size asked for.
pub fn svg(text: &str, size: Option<Side>) -> Result<String> {
    let qr = encode(text)?;
    let pixels = u32::try_from(scale(&qr, size)).map_err(Problem::internal)?;
    let drawn = qr.render::<svg::Color<'_>>().quiet_zone(true).module_dimensions(pixels, pixels).build();
    let Some(Whole(side)) = size else { return Ok(drawn) };
    // A picture of lines has any size: only its outer measure is set.
    let natural = (qr.width() + 2 * QUIET) * scale(&qr, size);
    let measure = |side: String| format!(r#"width="{side}" height="{side}""#);
    Ok(drawn.replacen(&measure(natural.to_string()), &measure(side.to_string()), 1))
}

/// As PNG: one bit a pixel, white is 1.
pub fn png(text: &str, size: Option<Side>) -> Result<Vec<u8>> {
    let qr = encode(text)?;
    let (modules, colors, scale) = (qr.width(), qr.to_colors(), scale(&qr, size));
    let side = (modules + 2 * QUIET) * scale;
    let row_bytes = side.div_ceil(8);
    let mut pixels = vec![0xff_u8; row_bytes * side];
    for (i, _) in colors.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        let (x0, y0) = ((i % modules + QUIET) * scale, (i / modules + QUIET) * scale);
        for y in y0..y0 + scale {
            for x in x0..x0 + scale {
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
        let png = png(CODE, None).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        let side = u32::from_be_bytes(png[16..20].try_into().unwrap()) as usize;
        assert_eq!(side, (encode(CODE).unwrap().width() + 8) * SCALE);
        assert!(svg(CODE, None).unwrap().contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    }

    #[test]
    fn a_picture_is_as_large_as_asked_for_and_its_modules_are_equal() {
        let modules = encode(CODE).unwrap().width() + 8;
        for asked in [120, 481, 2000] {
            let png = png(CODE, Some(Whole(asked))).unwrap();
            let side = u32::from_be_bytes(png[16..20].try_into().unwrap()) as usize;
            assert!(
                side <= asked as usize && side + modules > asked as usize && side.is_multiple_of(modules),
                "{side}"
            );
            let svg = svg(CODE, Some(Whole(asked))).unwrap();
            assert!(svg.contains(&format!(r#"width="{asked}" height="{asked}""#)), "{svg:.300}");
        }
    }
}
