//! Names in both languages, made from syllables. Any likeness to a real place is chance.
//!
//! Tianjin's habit: streets along the river are 路, streets across it 道; housing estates of the
//! older kind are 里.

use super::dice::{Dice, fixed, seed_of};

/// A name in both languages.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Name {
    pub(super) zh: String,
    pub(super) en: String,
}

impl Name {
    pub(super) fn new(zh: &str, en: &str) -> Self {
        Self { zh: zh.to_owned(), en: en.to_owned() }
    }
}

type Syllable = (&'static str, &'static str);

const FIRST: [Syllable; 40] = [
    ("安", "an"),
    ("宝", "bao"),
    ("长", "chang"),
    ("春", "chun"),
    ("德", "de"),
    ("东", "dong"),
    ("福", "fu"),
    ("富", "fu"),
    ("光", "guang"),
    ("广", "guang"),
    ("海", "hai"),
    ("和", "he"),
    ("恒", "heng"),
    ("红", "hong"),
    ("华", "hua"),
    ("建", "jian"),
    ("江", "jiang"),
    ("金", "jin"),
    ("锦", "jin"),
    ("景", "jing"),
    ("康", "kang"),
    ("乐", "le"),
    ("林", "lin"),
    ("龙", "long"),
    ("明", "ming"),
    ("宁", "ning"),
    ("平", "ping"),
    ("清", "qing"),
    ("瑞", "rui"),
    ("善", "shan"),
    ("盛", "sheng"),
    ("双", "shuang"),
    ("泰", "tai"),
    ("天", "tian"),
    ("万", "wan"),
    ("文", "wen"),
    ("新", "xin"),
    ("永", "yong"),
    ("云", "yun"),
    ("正", "zheng"),
];

const SECOND: [Syllable; 40] = [
    ("安", "an"),
    ("昌", "chang"),
    ("成", "cheng"),
    ("川", "chuan"),
    ("丰", "feng"),
    ("峰", "feng"),
    ("港", "gang"),
    ("河", "he"),
    ("湖", "hu"),
    ("化", "hua"),
    ("惠", "hui"),
    ("济", "ji"),
    ("嘉", "jia"),
    ("江", "jiang"),
    ("津", "jin"),
    ("口", "kou"),
    ("兰", "lan"),
    ("岭", "ling"),
    ("柳", "liu"),
    ("隆", "long"),
    ("门", "men"),
    ("宁", "ning"),
    ("泉", "quan"),
    ("荣", "rong"),
    ("山", "shan"),
    ("顺", "shun"),
    ("水", "shui"),
    ("松", "song"),
    ("堂", "tang"),
    ("桐", "tong"),
    ("祥", "xiang"),
    ("兴", "xing"),
    ("阳", "yang"),
    ("义", "yi"),
    ("益", "yi"),
    ("园", "yuan"),
    ("源", "yuan"),
    ("悦", "yue"),
    ("洲", "zhou"),
    ("庄", "zhuang"),
];

/// Two syllables that belong to some numbers.
pub(super) fn word(parts: &[i64]) -> Name {
    let seed = seed_of(parts);
    let a = FIRST[(seed % 40) as usize];
    let mut b = SECOND[(seed / 64 % 40) as usize];
    if a.0 == b.0 {
        b = SECOND[(seed / 64 % 40 + 1) as usize % 40];
    }
    let mut en = format!("{}{}", a.1, b.1);
    // Pinyin keeps syllables apart where a vowel would join them: chang'an.
    if b.1.starts_with('a') {
        en = format!("{}'{}", a.1, b.1);
    }
    if let Some(first) = en.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    Name { zh: format!("{}{}", a.0, b.0), en }
}

/// A word with its ending in both languages.
pub(super) fn named(parts: &[i64], zh: &str, en: &str) -> Name {
    let base = word(parts);
    Name { zh: format!("{}{zh}", base.zh), en: format!("{} {en}", base.en) }
}

/// The name of a housing estate; older ones are 里.
pub(super) fn estate(dice: &mut Dice, year: u32) -> Name {
    let key = (dice.unit() * 1e15) as i64;
    let (zh, en) = if year < 1996 {
        ("里", "Li")
    } else if year < 2004 {
        dice.pick(&[("里", "Li"), ("花园", "Garden"), ("公寓", "Apartments")])
    } else {
        dice.pick(&[
            ("家园", "Homes"),
            ("花园", "Garden"),
            ("苑", "Court"),
            ("名邸", "Residences"),
            ("雅居", "Mansions"),
        ])
    };
    named(&[key, 11], zh, en)
}

/// The name of the street on lattice line `line` that runs along the river (or across it).
pub(super) fn street(seed: i64, along: bool, line: i32) -> Name {
    let across = i64::from(!along);
    let (zh, en) = if along { ("路", "Lu") } else { ("道", "Dao") };
    // Great streets get a part of their name from where they are.
    named(&[seed, across, i64::from(line), 7], zh, en)
}

/// The name of a local street of a quarter.
pub(super) fn local_street(seed: i64, quarter: i64, number: i64, along: bool, lane: bool) -> Name {
    let parts = [seed, quarter, number, 13];
    let (zh, en) = match (lane, along) {
        (true, _) if fixed(&parts) < 0.5 => ("胡同", "Hutong"),
        (true, _) => ("巷", "Lane"),
        (false, true) => ("路", "Lu"),
        (false, false) => ("道", "Dao"),
    };
    named(&parts, zh, en)
}
