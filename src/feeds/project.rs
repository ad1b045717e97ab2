//! Which feeds a project has: `feeds.toml` in its folder.
//!
//! Whoever opens a project reads this; nothing in it calls out until somebody starts it.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use super::cap::WarningsConfig;
use super::config::{Brings, FeedConfig, Kind};
use super::serve::ServeConfig;

/// The file in the project's folder.
pub const FILE: &str = "feeds.toml";

/// Largest file: a thousand feeds need less.
const LARGEST: u64 = 1 << 20;

/// Most feeds: each has a thread.
const MOST: usize = 100;

/// The feeds of a project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectFeeds {
    /// Those that bring reports, in the order of the file.
    pub reports: Vec<FeedConfig>,
    /// Those that bring places of moving units.
    pub tracks: Vec<FeedConfig>,
    /// Those that bring warnings: name and source.
    pub warnings: Vec<(String, WarningsConfig)>,
    /// The endpoint of this machine.
    pub open311: Option<ServeConfig>,
    /// By which it is known whether the file is the one that somebody has agreed to.
    pub fingerprint: String,
}

/// As it is written.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    feed: Vec<FeedConfig>,
    open311: Option<ServeConfig>,
}

impl ProjectFeeds {
    /// How many there are, the endpoint with them.
    pub fn count(&self) -> usize {
        self.reports.len() + self.tracks.len() + self.warnings.len() + usize::from(self.open311.is_some())
    }

    /// Reads the feeds of a project's folder; `None` where the folder says none.
    ///
    /// # Errors
    /// Why the file cannot be used, for people: with its path, and the line where that is known.
    pub fn read(folder: &Path) -> Result<Option<Self>, String> {
        let path = folder.join(FILE);
        // Plain files have no folder, and the one that the program was started in is nobody's.
        if folder.as_os_str().is_empty() || !path.exists() {
            return Ok(None);
        }
        let fail = |reason: String| format!("{}: {reason}", path.display());
        let mut text = String::new();
        let read = std::fs::File::open(&path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
        read.map_err(|error| fail(error.to_string()))?;
        if text.len() as u64 > LARGEST {
            return Err(fail(format!("it has more than {} MiB", LARGEST >> 20)));
        }
        Self::of_text(&text, folder).map(Some).map_err(fail)
    }

    /// Of the text of a file in a folder: paths in it are beside it.
    fn of_text(text: &str, folder: &Path) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        if written.feed.len() > MOST {
            return Err(format!("it has {} feeds, more than {MOST}", written.feed.len()));
        }
        let fingerprint = blake3::hash(text.as_bytes()).to_hex().to_string();
        let mut feeds = Self { open311: written.open311, fingerprint, ..Self::default() };
        let mut seen = BTreeSet::new();
        for mut feed in written.feed {
            if feed.id.trim().is_empty() || !seen.insert(feed.id.clone()) {
                return Err(format!("each feed needs an id of its own: \"{}\"", feed.id));
            }
            let is_path = feed.kind == Kind::File || feed.kind == Kind::Cap && !feed.address.contains("://");
            if is_path && Path::new(&feed.address).is_relative() {
                feed.address = folder.join(&feed.address).to_string_lossy().into_owned();
            }
            match feed.kind {
                Kind::Cap => {
                    let config = WarningsConfig { address: feed.address, interval_s: feed.interval_s };
                    feeds.warnings.push((feed.id, config));
                }
                _ if feed.brings == Brings::Tracks => {
                    if !feed.fields.contains_key("id") {
                        let id = &feed.id;
                        return Err(format!("feed {id}: tracks need fields = {{ id = \"…\" }}: what names the unit"));
                    }
                    feeds.tracks.push(feed);
                }
                _ => feeds.reports.push(feed),
            }
        }
        Ok(feeds)
    }
}

/// An address as it may be shown: without the name and password that may stand in it.
pub fn shown_address(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_says_its_feeds_and_paths_are_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(ProjectFeeds::read(folder.path()), Ok(None));
        assert_eq!(ProjectFeeds::read(Path::new("")), Ok(None));
        let text = "[[feed]]\nid = \"hotline\"\nkind = \"file\"\naddress = \"in/hotline.csv\"\n\
            [[feed]]\nid = \"weather\"\nkind = \"cap\"\naddress = \"cap\"\ninterval_s = 30\n\
            [[feed]]\nid = \"quakes\"\nkind = \"cap\"\naddress = \"https://example.com/cap.xml\"\n\
            [open311]\nport = 8311\n";
        std::fs::write(folder.path().join(FILE), text).unwrap();
        let feeds = ProjectFeeds::read(folder.path()).unwrap().unwrap();
        assert_eq!(feeds.count(), 4);
        assert_eq!(Path::new(&feeds.reports[0].address), folder.path().join("in/hotline.csv"));
        assert_eq!(Path::new(&feeds.warnings[0].1.address), folder.path().join("cap"));
        assert_eq!((feeds.warnings[0].1.interval_s, feeds.warnings[1].0.as_str()), (30.0, "quakes"));
        assert_eq!(feeds.warnings[1].1.address, "https://example.com/cap.xml");
        // Another text is another agreement.
        std::fs::write(folder.path().join(FILE), text.replace("8311", "8312")).unwrap();
        assert_ne!(ProjectFeeds::read(folder.path()).unwrap().unwrap().fingerprint, feeds.fingerprint);
    }

    #[test]
    fn a_file_that_cannot_be_used_says_where_and_why() {
        let folder = tempfile::tempdir().unwrap();
        let say = |text: &[u8]| {
            std::fs::write(folder.path().join(FILE), text).unwrap();
            ProjectFeeds::read(folder.path()).unwrap_err()
        };
        assert!(say(b"[[feed]]\nid = \"a\"\nkind = \"fax\"\naddress = \"x\"\n").contains("line 3"));
        assert!(say(b"[[feed]]\nid = \"a\"\nkind = \"file\"\naddres = \"x\"\n").contains("addres"));
        assert!(say(b"[[feed]\n").contains(FILE));
        assert!(say(b"\xff\xfe").contains("UTF-8"));
        let nameless = b"[[feed]]\nid = \"a\"\nkind = \"file\"\naddress = \"x\"\nbrings = \"tracks\"\n";
        assert!(say(nameless).contains("names the unit"));
        let twice = "[[feed]]\nid = \"a\"\nkind = \"file\"\naddress = \"x\"\n".repeat(2);
        assert!(say(twice.as_bytes()).contains("an id of its own: \"a\""));
        assert!(say(&vec![b'#'; (LARGEST + 1) as usize]).contains("1 MiB"));
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(shown_address("https://me:secret@example.com:81/a?key=1"), "https://example.com:81/a");
        assert_eq!(shown_address("/data/me@home.csv"), "/data/me@home.csv");
        assert_eq!(shown_address("10.0.0.5:1883"), "10.0.0.5:1883");
        assert_eq!(shown_address("http://a@b"), "http://b");
    }
}
