//! Numbers that print with their unit.

use std::fmt;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident, $suffix:literal, $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digits = f.precision().unwrap_or($digits);
                f.write_str(&grouped(self.0, digits))?;
                f.write_str($suffix)
            }
        }
    };
}

unit!(/// A length or height in metres.
    Metres, " m", 1);
unit!(/// An area in square metres.
    SquareMetres, " m²", 0);
unit!(/// A volume in cubic metres.
    CubicMetres, " m³", 0);
unit!(/// An angle in degrees.
    Degrees, "°", 1);

/// A number with its integer part grouped: `1,236,017`; `-` for a number that is none.
pub fn grouped(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let text = format!("{value:.digits$}");
    let (sign, rest) = text.strip_prefix('-').map_or(("", text.as_str()), |r| ("-", r));
    let (whole, fraction) = rest.split_once('.').map_or((rest, None), |(w, f)| (w, Some(f)));
    let mut out = String::from(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands_and_carry_their_unit() {
        assert_eq!(SquareMetres(1_236_017.4).to_string(), "1,236,017 m²");
        assert_eq!(Metres(-12.34).to_string(), "-12.3 m");
        assert_eq!(Metres(999.96).to_string(), "1,000.0 m");
        assert_eq!(Metres(f64::NAN).to_string(), "- m");
        assert_eq!(format!("{:.3}", Metres(1.0)), "1.000 m");
    }
}
