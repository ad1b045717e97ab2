//! Which text encoding a file uses: declared, said by the file, or guessed and said so.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes that are looked at for a guess.
const SAMPLE: usize = 1 << 20;

/// An encoding and how it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The encoding.
    pub encoding: &'static Encoding,
    /// For people: `GB18030 (guessed from 312 texts)`.
    pub how: String,
}

impl Found {
    /// Decodes one text; what is not valid becomes U+FFFD.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Cow<'a, str> {
        self.encoding.decode_without_bom_handling(bytes).0
    }
}

/// An encoding by its label: those of the WHATWG, and the names GIS files use (`CP936`, `936`,
/// `LDID/77`, `ANSI 1252`, `GB2312`, `8859_1`).
pub fn by_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim();
    if let Some(number) = label.strip_prefix("LDID/").and_then(|n| n.parse().ok()) {
        return by_ldid(number);
    }
    Encoding::for_label(label.as_bytes()).or_else(|| {
        let upper = label.to_ascii_uppercase().replace(['_', ' '], "-");
        let bare = upper.trim_start_matches("ANSI").trim_start_matches("CP").trim_start_matches("MS");
        let label = match bare.trim_start_matches('-') {
            "936" | "54936" | "GB-18030" => "gb18030",
            "950" => "big5",
            "932" => "shift_jis",
            "949" => "euc-kr",
            "65001" | "UTF8" => "utf-8",
            "8859-1" | "88591" | "ISO88591" => "iso-8859-1",
            number if number.len() == 4 && number.starts_with("125") => return windows(number),
            _ => return None,
        };
        Encoding::for_label(label.as_bytes())
    })
}

fn windows(number: &str) -> Option<&'static Encoding> {
    Encoding::for_label(format!("windows-{number}").as_bytes())
}

/// The encoding that a DBF's language driver byte (offset 29) means, from the dBASE table.
pub fn by_ldid(ldid: u8) -> Option<&'static Encoding> {
    let label = match ldid {
        0x03 | 0x57..=0x59 => "windows-1252",
        0x4d | 0x7a => "gb18030",
        0x4e | 0x79 => "euc-kr",
        0x4f | 0x78 => "big5",
        0x13 | 0x7b => "shift_jis",
        0x26 | 0x65 => "ibm866",
        0xc8 => "windows-1250",
        0xc9 => "windows-1251",
        0xca => "windows-1254",
        0xcb => "windows-1253",
        0x7c => "windows-874",
        0x7d => "windows-1255",
        0x7e => "windows-1256",
        _ => return None,
    };
    Encoding::for_label(label.as_bytes())
}

/// Guesses among UTF-8, GB18030 and what else the letters fit, from texts with non-ASCII bytes.
///
/// UTF-8 is sure when every text is valid; GB18030 when every text decodes and most characters are
/// of GB 2312's first level (lead bytes B0 to D7, the 3,755 most frequent characters); else the
/// detector that browsers use decides. A text cut off inside a character (fixed-width fields) counts
/// as valid.
pub fn guess<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Found {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    let (mut seen, mut utf8, mut gb) = (0_u64, true, true);
    let (mut common, mut pairs) = (0_u64, 0_u64);
    for text in texts.into_iter().filter(|t| !t.is_ascii()) {
        seen += 1;
        utf8 &= std::str::from_utf8(text).map_or_else(|e| e.error_len().is_none(), |_| true);
        if let Some((first_level, all)) = chinese_pairs(text) {
            common += first_level;
            pairs += all;
        } else {
            gb = false;
        }
        detector.feed(text, false);
    }
    let times = if seen == 1 { "1 text".to_owned() } else { format!("{seen} texts") };
    if seen == 0 {
        return Found { encoding: UTF_8, how: "UTF-8 (all texts are plain ASCII)".into() };
    }
    let encoding = if utf8 {
        UTF_8
    } else if gb && pairs > 0 && common * 10 >= pairs * 6 {
        GB18030
    } else {
        detector.feed(b"", true);
        match detector.guess(None, chardetng::Utf8Detection::Deny) {
            // The detector says GBK; GB18030 holds it.
            found if found == encoding_rs::GBK => GB18030,
            found => found,
        }
    };
    let name = if encoding == GB18030 { "GB18030" } else { encoding.name() };
    Found { encoding, how: format!("{name} (guessed from {times})") }
}

/// Text that is UTF-8, or GBK with mostly frequent characters; `None` where neither is sure.
pub fn sure_text(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    chinese_pairs(bytes).filter(|(common, all)| *all > 0 && common * 10 >= all * 6)?;
    Some(GB18030.decode_without_bom_handling(bytes).0.into_owned())
}

/// Whether texts can be nothing but UTF-8: all are valid, and several characters take three bytes or
/// more, which no other encoding's texts do by chance.
pub fn surely_utf8<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> bool {
    let mut long = 0;
    for text in texts {
        let valid = match std::str::from_utf8(text) {
            Ok(valid) => valid,
            // Cut off inside a character by a fixed width.
            Err(e) if e.error_len().is_none() => std::str::from_utf8(&text[..e.valid_up_to()]).unwrap_or(""),
            Err(_) => return false,
        };
        long += valid.chars().filter(|c| c.len_utf8() >= 3).count();
    }
    long >= 4
}

/// Two-byte characters of GBK: those of the first level, and all; `None` when it is not GBK.
fn chinese_pairs(text: &[u8]) -> Option<(u64, u64)> {
    let (mut common, mut all, mut i) = (0, 0, 0);
    while i < text.len() {
        match (text[i], text.get(i + 1)) {
            (0..=0x7f, _) => i += 1,
            (0x81..=0xfe, Some(0x40..=0x7e | 0x80..=0xfe)) => {
                all += 1;
                common += u64::from((0xb0..=0xd7).contains(&text[i]) && text[i + 1] >= 0xa1);
                i += 2;
            }
            // Four-byte characters are rare ones.
            (0x81..=0xfe, Some(0x30..=0x39)) => i += 4,
            (0x81..=0xfe, None) => i += 1,
            _ => return None,
        }
    }
    Some((common, all))
}

/// The encoding of a whole text file: declared, its byte order mark, UTF-8, or a guess.
///
/// # Errors
/// The reason, when the declared label is unknown.
pub fn whole(bytes: &[u8], declared: Option<&str>) -> Result<Found, String> {
    if let Some(label) = declared {
        return declared_label(label);
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(Found { encoding, how: format!("{} (byte order mark)", encoding.name()) });
    }
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    // UTF-16 without a mark: every second byte of plain text is zero.
    let zeros = |from: usize| sample.iter().skip(from).step_by(2).take(64).filter(|b| **b == 0).count();
    if sample.len() >= 64 && zeros(0) > 24 && zeros(1) == 0 {
        return Ok(Found { encoding: UTF_16BE, how: "UTF-16BE (guessed from zero bytes)".into() });
    }
    if sample.len() >= 64 && zeros(1) > 24 && zeros(0) == 0 {
        return Ok(Found { encoding: UTF_16LE, how: "UTF-16LE (guessed from zero bytes)".into() });
    }
    let valid = std::str::from_utf8(sample).map_or_else(|e| e.error_len().is_none(), |_| true);
    if valid {
        return Ok(Found { encoding: UTF_8, how: "UTF-8".into() });
    }
    Ok(guess(sample.split(|b| *b == b'\n')))
}

/// The encoding that a user names.
///
/// # Errors
/// The reason, when nobody knows that name.
pub fn declared_label(label: &str) -> Result<Found, String> {
    let encoding = by_label(label)
        .ok_or_else(|| format!("\"{label}\" is no known text encoding; try utf-8, gb18030, big5 or latin1"))?;
    Ok(Found { encoding, how: format!("{} (declared)", encoding.name()) })
}

/// What a `.cpg` file beside a shapefile says.
pub fn by_cpg(text: &str) -> Option<Found> {
    let encoding = by_label(text.lines().next()?)?;
    Some(Found { encoding, how: format!("{} (.cpg file)", encoding.name()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes written down from the GBK table: 建 BD A8, 筑 D6 FE, 高 B8 DF, 度 B6 C8.
    #[test]
    fn chinese_names_are_gb18030_and_french_ones_are_not() {
        let chinese = guess([&[0xbd, 0xa8, 0xd6, 0xfe][..], &[0xb8, 0xdf, 0xb6, 0xc8], b"abc"]);
        assert_eq!(chinese.encoding, GB18030);
        assert_eq!(chinese.how, "GB18030 (guessed from 2 texts)");
        assert_eq!(chinese.decode(&[0xbd, 0xa8, 0xd6, 0xfe]), "建筑");
        let french =
            guess([&b"Mus\xe9e de l'h\xf4tel de ville"[..], b"all\xe9e des ch\xeanes", b"cin\xe9ma fran\xe7ais"]);
        assert_eq!(french.decode(b"Mus\xe9e"), "Musée");
        assert_eq!(guess(["建筑高度".as_bytes()]).encoding, UTF_8);
    }

    #[test]
    fn texts_that_can_only_be_utf8_are_told_from_chinese_in_gbk() {
        let chinese = ["天津市", "建筑物名称", "高度"];
        assert!(surely_utf8(chinese.iter().map(|t| t.as_bytes())));
        let gbk: Vec<Vec<u8>> = chinese.iter().map(|t| GB18030.encode(t).0.into_owned()).collect();
        assert!(!surely_utf8(gbk.iter().map(Vec::as_slice)));
        assert!(!surely_utf8([&b"plain"[..]]));
    }

    #[test]
    fn a_text_cut_inside_a_character_is_still_utf8() {
        let cut = &"建筑高度".as_bytes()[..11];
        assert_eq!(guess([cut]).encoding, UTF_8);
    }

    #[test]
    fn the_names_that_gis_files_use_are_known() {
        for (label, name) in
            [("CP936", "GBK"), ("936", "gb18030"), ("GB2312", "GBK"), ("UTF-8", "UTF-8"), ("ANSI 1252", "windows-1252")]
        {
            let found = by_label(label).map(|e| e.name().to_ascii_lowercase());
            let chinese = ["gbk", "gb18030"].map(|n| Some(n.to_owned()));
            let right = found == Some(name.to_ascii_lowercase())
                || (chinese.contains(&found) && chinese.contains(&Some(name.to_ascii_lowercase())));
            assert!(right, "{label}: {found:?}");
        }
        assert_eq!(by_ldid(0x4d), Some(GB18030));
        assert!(declared_label("klingon").unwrap_err().contains("klingon"));
    }
}
