//! Encryption to a recipient's key, in the format of the program `age`.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// Who may open a package.
pub struct Recipients(Vec<age::x25519::Recipient>);

impl Recipients {
    /// Public keys as `age-keygen` prints them: `age1…`.
    ///
    /// # Errors
    /// A sentence that names the key that is none.
    pub fn parse(keys: &[String]) -> Result<Self, String> {
        let parse = |key: &String| {
            key.trim()
                .parse::<age::x25519::Recipient>()
                .map_err(|error| format!("{key}: {error}; a public key begins with age1, as age-keygen prints it"))
        };
        keys.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn seal(&self, mut from: impl Read, to: &mut File) -> io::Result<()> {
        let recipients = self.0.iter().map(|one| one as &dyn age::Recipient);
        let sealer = age::Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
        let mut out = sealer.wrap_output(io::BufWriter::with_capacity(1 << 20, to))?;
        io::copy(&mut from, &mut out)?;
        out.finish()?.flush()
    }
}

/// Decrypts a package with the private keys in a file, as `age-keygen` writes it.
///
/// # Errors
/// A sentence: no such key, not for this key, damaged.
pub fn open_sealed(package: &Path, keys: &Path, to: &mut impl Write) -> Result<(), String> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let identities = age::IdentityFile::from_file(keys.display().to_string())
        .map_err(|e| wrong(keys, &e))?
        .into_identities()
        .map_err(|e| wrong(keys, &e))?;
    let file = File::open(package).map_err(|e| wrong(package, &e))?;
    let sealed = age::Decryptor::new(BufReader::with_capacity(1 << 20, file)).map_err(|e| wrong(package, &e))?;
    let known = identities.iter().map(|identity| identity.as_ref() as &dyn age::Identity);
    let mut plain =
        sealed.decrypt(known).map_err(|e| format!("{}: {e}; it was encrypted for another key", package.display()))?;
    io::copy(&mut plain, to).map(drop).map_err(|e| wrong(package, &e))
}
