//! One file per command; the contract of names, keys and exit codes.
