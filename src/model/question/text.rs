//! A relation in one line, as commands take it and answers say it:
//! `LAYER [within N m] [>= N | <= N | none] [in N days [of FIELD]] [: CONDITION]`.

use std::fmt;

use super::{Count, Question, Relation, RelationKind, Since, checked, kind};

impl Relation {
    /// Reads a relation of a kind (`contains`, `within`, `near`). Ids of layers hold neither spaces nor colons, so
    /// what follows the first colon outside quotes is the condition.
    ///
    /// # Errors
    /// What is wrong and what is expected, for people.
    pub fn parse(word: &str, text: &str) -> Result<Self, String> {
        let (head, condition) = cut(text);
        let mut words = split(head).into_iter();
        let layer = words.next().ok_or_else(|| expected(text))?;
        let mut relation = Self { layer, condition: condition.trim().to_owned(), ..Self::default() };
        let (mut metres, mut least, mut most) = (None, None, None);
        let whole = |word: Option<String>| word.and_then(|word| word.parse::<u32>().ok()).ok_or_else(|| expected(text));
        while let Some(word) = words.next() {
            match word.as_str() {
                ">=" => least = Some(whole(words.next())?),
                "<=" => most = Some(whole(words.next())?),
                "=" => (least, most) = both(whole(words.next())?),
                "none" => (least, most) = both(0),
                "within" => {
                    let number = words.next().map(|word| (words.next(), word));
                    match number {
                        Some((Some(unit), number)) if unit == "m" => {
                            metres = Some(number.parse().map_err(|_| expected(text))?);
                        }
                        _ => return Err(expected(text)),
                    }
                }
                "in" => {
                    let days = whole(words.next())?;
                    if !words.next().is_some_and(|unit| unit == "days" || unit == "day") {
                        return Err(expected(text));
                    }
                    relation.since = Since::of(Some(days), None)?;
                }
                "of" => match (&mut relation.since, words.next()) {
                    (Some(since), Some(field)) => since.field = Some(field),
                    _ => return Err(expected(text)),
                },
                _ => return Err(expected(text)),
            }
        }
        relation.kind = kind(word, metres)?;
        if least.is_some() || most.is_some() {
            relation.count = checked(Count { least: least.unwrap_or(0), most })?;
        }
        Ok(relation)
    }
}

fn both(number: u32) -> (Option<u32>, Option<u32>) {
    (Some(number), Some(number))
}

fn expected(text: &str) -> String {
    format!(
        "\"{text}\" cannot be understood; it is written as LAYER [within N m] [>= N | <= N | none] [in N days [of FIELD]] [: CONDITION], for example: incidents >= 3 in 30 days: state <> '结案'"
    )
}

/// Before and after the first colon outside double quotes.
fn cut(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            // People type the full-width colon of a Chinese keyboard.
            ':' | '：' if !quoted => return (&text[..at], &text[at + letter.len_utf8()..]),
            _ => {}
        }
    }
    (text, "")
}

/// Words at spaces; signs stand alone, a quoted name is one word, and a unit is cut from its number.
fn split(head: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = head.chars().peekable();
    let end = |word: &mut String, words: &mut Vec<String>| {
        if word.is_empty() {
            return;
        }
        let word = std::mem::take(word);
        match word.strip_suffix('m').filter(|number| number.parse::<f64>().is_ok()) {
            Some(number) => words.extend([number.to_owned(), "m".to_owned()]),
            None => words.push(word),
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                end(&mut word, &mut words);
                words.push(letters.by_ref().take_while(|letter| *letter != '"').collect());
            }
            '<' | '>' | '=' => {
                end(&mut word, &mut words);
                let two = letter != '=' && letters.next_if_eq(&'=').is_some();
                words.push(if two { format!("{letter}=") } else { letter.to_string() });
            }
            space if space.is_whitespace() => end(&mut word, &mut words),
            other => word.push(other),
        }
    }
    end(&mut word, &mut words);
    words
}

/// As [`Relation::parse`] reads it; the kind is left out, and what would be taken anyway.
impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.layer)?;
        if let RelationKind::Near { metres } = self.kind {
            write!(f, " within {metres} m")?;
        }
        match self.count {
            Count::NONE => f.write_str(" none")?,
            count if count == Count::default() => {}
            Count { least: 0, most: Some(most) } => write!(f, " <= {most}")?,
            Count { least, most: None } => write!(f, " >= {least}")?,
            Count { least, most: Some(most) } => write!(f, " >= {least} <= {most}")?,
        }
        if let Some(since) = &self.since {
            write!(f, "{since}")?;
        }
        if !self.condition.is_empty() {
            write!(f, ": {}", self.condition)?;
        }
        Ok(())
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " in {} days", self.days)?;
        match &self.field {
            Some(field) if field.contains([' ', ':', '"', '<', '>', '=']) => write!(f, " of \"{field}\""),
            Some(field) => write!(f, " of {field}"),
            None => Ok(()),
        }
    }
}

/// All of it but its title: what an answer keeps of its question.
impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.layer)?;
        if let Some(since) = &self.since {
            write!(f, "{since}")?;
        }
        if !self.condition.is_empty() {
            write!(f, ": {}", self.condition)?;
        }
        self.relations.iter().try_for_each(|relation| write!(f, "; {} {relation}", relation.kind.word()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_read_in_any_spacing_and_written_as_it_is_read() {
        let days = |days, field: Option<&str>| Some(Since { days, field: field.map(str::to_owned) });
        let near = RelationKind::Near { metres: 12.5 };
        let cases = [
            ("contains", "buildings", Relation { layer: "buildings".into(), ..Relation::default() }, "buildings"),
            (
                "contains",
                "incidents>=3 in 30 days:state <> '结案' AND floors >= 2",
                Relation {
                    layer: "incidents".into(),
                    count: Count::at_least(3),
                    since: days(30, None),
                    condition: "state <> '结案' AND floors >= 2".into(),
                    ..Relation::default()
                },
                "incidents >= 3 in 30 days: state <> '结案' AND floors >= 2",
            ),
            (
                "near",
                "roads none within 12.5m in 1 day of \"time: local\"",
                Relation {
                    kind: near,
                    layer: "roads".into(),
                    count: Count::NONE,
                    since: days(1, Some("time: local")),
                    ..Relation::default()
                },
                "roads within 12.5 m none in 1 days of \"time: local\"",
            ),
            (
                "within",
                "grid >= 2 <= 4：a = 1",
                Relation {
                    kind: RelationKind::Within,
                    layer: "grid".into(),
                    count: Count { least: 2, most: Some(4) },
                    condition: "a = 1".into(),
                    ..Relation::default()
                },
                "grid >= 2 <= 4: a = 1",
            ),
        ];
        for (word, text, relation, written) in cases {
            assert_eq!(Relation::parse(word, text).as_ref(), Ok(&relation), "{text}");
            assert_eq!(relation.to_string(), written);
            assert_eq!(Relation::parse(word, written), Ok(relation), "{written}");
        }
    }

    #[test]
    fn what_is_no_relation_says_what_is_expected() {
        for (word, text, said) in [
            ("contains", "", "LAYER"),
            ("contains", "buildings three", "LAYER"),
            ("contains", "buildings >= many", "LAYER"),
            ("contains", "buildings >= 3 <= 2", "at least 3 and at most 2"),
            ("contains", "buildings within 5 m", "belong to near"),
            ("near", "roads", "wants a distance"),
            ("near", "roads within -1 m", "no distance"),
            ("near", "roads within 5 km", "LAYER"),
            ("within", "grid in 0 days", "no time"),
            ("within", "grid of reported", "LAYER"),
        ] {
            let error = Relation::parse(word, text).unwrap_err();
            assert!(error.contains(said), "{word} {text}: {error}");
        }
    }
}
