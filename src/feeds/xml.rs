//! XML from outside: bounded, without document types, so that nothing in it grows or is fetched.

use roxmltree::{Document, Node, ParsingOptions};

use super::fields::Record;
use crate::formats::encoding;

/// Largest document.
const LARGEST: usize = 64 << 20;

/// Most levels.
const DEPTH: usize = 100;

/// Most elements and texts.
const NODES: u32 = 4_000_000;

/// A document's text: UTF-8, or what it says itself.
///
/// # Errors
/// Where it is too long.
pub(super) fn text(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > LARGEST {
        return Err(format!("it has more than {} MiB", LARGEST >> 20));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding::whole(bytes, None)?.decode(bytes).into_owned(),
    })
}

/// Reads a document.
///
/// # Errors
/// Where it is none, or has a document type.
pub(super) fn read(text: &str) -> Result<Document<'_>, String> {
    check_depth(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES };
    Document::parse_with_options(text, options).map_err(|error| format!("it is no XML that can be read: {error}"))
}

/// Refuses depths at which the parser, which calls itself for each level, would run out of stack.
///
/// # Errors
/// Where it is too deep, or its marks do not close.
fn check_depth(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    let broken = || "it is no XML: a mark does not close".to_owned();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(found) = memchr::memchr(b'<', bytes.get(at..).unwrap_or_default()) {
        at += found;
        let rest = bytes.get(at..).unwrap_or_default();
        let apart = [(&b"<!--"[..], &b"-->"[..]), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")];
        if let Some((begin, end)) = apart.iter().find(|(begin, _)| rest.starts_with(begin)) {
            let inner = rest.get(begin.len()..).unwrap_or_default();
            at += begin.len() + memchr::memmem::find(inner, end).ok_or_else(broken)? + end.len();
            continue;
        }
        if rest.starts_with(b"<!") {
            return Err("it has a document type, which is not read".to_owned());
        }
        let mut quote = None;
        let close = rest.iter().position(|byte| match (quote, byte) {
            (None, b'>') => true,
            (None, b'"' | b'\'') => {
                quote = Some(*byte);
                false
            }
            (Some(open), byte) if open == *byte => {
                quote = None;
                false
            }
            _ => false,
        });
        let close = close.ok_or_else(broken)?;
        if rest.starts_with(b"</") {
            depth = depth.checked_sub(1).ok_or_else(broken)?;
        } else if rest.get(close - 1) != Some(&b'/') {
            // A mark is at least `<` and `>`: `close` is 1 or more.
            depth += 1;
        }
        if depth > DEPTH {
            return Err(format!("it is deeper than {DEPTH} levels"));
        }
        at += close + 1;
    }
    Ok(())
}

/// The elements of a name right below one, whatever their namespace.
pub(super) fn children<'a, 'i>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The text of the first element of a name right below one, trimmed; empty where there is none.
pub(super) fn said<'a>(node: Node<'a, '_>, name: &'a str) -> &'a str {
    children(node, name).next().and_then(|child| child.text()).unwrap_or_default().trim()
}

/// The elements right below one as a record.
pub(super) fn record(node: Node<'_, '_>) -> Record {
    let fields = node.children().filter(Node::is_element);
    fields.map(|field| (field.tag_name().name().to_owned(), field.text().unwrap_or_default().trim().into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_types_and_depths_without_end_are_refused_or_read_and_never_fall() {
        let bomb = "<!DOCTYPE a [<!ENTITY x \"xx\"><!ENTITY y \"&x;&x;\">]><a>&y;</a>";
        assert!(read(bomb).is_err());
        let deep = "<a>".repeat(200_000);
        assert!(read(&deep).is_err());
        let whole = deep + &"</a>".repeat(200_000);
        assert!(read(&whole).is_err());
        let fair = "<a x='>' y=\"'\">".repeat(DEPTH) + "<!-- <a><a> --><b/><![CDATA[<a>]]>" + &"</a>".repeat(DEPTH);
        assert!(read(&fair).is_ok());
        // Marks that close what was never opened do not hide the depth of what follows.
        assert!(read(&"</x><a>".repeat(200_000)).is_err() && read(&"<a></b><a>".repeat(200_000)).is_err());
        assert!(read("<a").is_err() && read("<!-- ").is_err() && read("<>").is_err() && read("").is_err());
        assert_eq!(text(b"\xef\xbb\xbf<a/>").unwrap(), "<a/>");
    }
}
