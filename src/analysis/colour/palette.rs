//! Colours that colour-blind eyes can tell apart.

/// A colour: red, green, blue.
pub type Rgb = [u8; 3];

/// Rows without a value.
pub const NO_DATA: Rgb = [158, 158, 162];

/// Control points of the ramp, from low to high: violet, blue, teal, green, yellow. Lightness rises
/// all the way, so that the order is seen without hue as well.
const RAMP: [Rgb; 6] = [[58, 24, 96], [62, 74, 140], [42, 120, 142], [48, 164, 126], [136, 205, 82], [250, 231, 70]];

/// The ramp at 0 to 1 (clamped).
pub fn ramp(at: f64) -> Rgb {
    let at = if at.is_finite() { at.clamp(0.0, 1.0) } else { 0.0 } * (RAMP.len() - 1) as f64;
    let low = (at.floor() as usize).min(RAMP.len() - 2);
    let share = at - low as f64;
    let mix = |k: usize| {
        let (from, to) = (f64::from(RAMP[low][k]), f64::from(RAMP[low + 1][k]));
        (from + (to - from) * share).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}

/// Eight colours that people with any kind of colour blindness tell apart (M. Okabe and K. Ito,
/// 2008; their black, unreadable on buildings, is a grey here).
pub(super) const DISTINCT: [Rgb; 8] = [
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
    [96, 96, 96],
];

/// The colour of the n-th category: eight that everybody can tell apart, then one made from the
/// label, the same in every layer and session.
pub fn category(n: usize, label: &str) -> Rgb {
    if let Some(colour) = DISTINCT.get(n) {
        return *colour;
    }
    // FNV-1a, 32 bits.
    let hash = label.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let hue = f64::from(hash % 360);
    let lightness = 0.38 + 0.09 * f64::from(hash / 360 % 4);
    let saturation = 0.40 + 0.12 * f64::from(hash / 1440 % 3);
    from_hsl(hue, saturation, lightness)
}

/// HSL to RGB (CSS Color Module Level 4, section 7.1).
fn from_hsl(hue: f64, saturation: f64, lightness: f64) -> Rgb {
    let a = saturation * lightness.min(1.0 - lightness);
    let channel = |n: f64| {
        let k = (n + hue / 30.0) % 12.0;
        let value = lightness - a * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (value * 255.0).round() as u8
    };
    [channel(0.0), channel(8.0), channel(4.0)]
}

/// A colour and an opacity (0 to 1) as `0xAABBGGRR`.
pub fn packed([r, g, b]: Rgb, opacity: f32) -> u32 {
    let a = (opacity.clamp(0.0, 1.0) * 255.0).round() as u8;
    u32::from_le_bytes([r, g, b, a])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance by WCAG 2.
    fn luminance(colour: Rgb) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
    }

    #[test]
    fn the_ramp_grows_lighter_all_the_way() {
        let steps: Vec<f64> = (0..=100).map(|i| luminance(ramp(f64::from(i) / 100.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[1] > pair[0]), "{steps:?}");
        assert!(steps[100] > 10.0 * steps[0]);
        assert_eq!(ramp(f64::NAN), ramp(-1.0));
    }

    #[test]
    fn packing_puts_red_lowest_and_opacity_highest() {
        assert_eq!(packed([0x11, 0x22, 0x33], 1.0), 0xFF33_2211);
        assert_eq!(packed([0, 0, 0], 0.0), 0);
    }

    #[test]
    fn a_category_beyond_the_eighth_keeps_its_colour_wherever_it_stands() {
        assert_eq!(category(9, "school"), category(23, "school"));
        assert_ne!(category(9, "school"), category(9, "church"));
        // HSL(120, 100 %, 50 %) is pure green.
        assert_eq!(from_hsl(120.0, 1.0, 0.5), [0, 255, 0]);
    }
}
