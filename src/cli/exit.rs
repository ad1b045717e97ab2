//! How a command ends: the exit codes of the contract, and the error that carries one.

use std::process::ExitCode;

/// What the caller of the program can tell from its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Done, but something was found wrong.
    Found = 1,
    /// Wrong arguments.
    Arguments = 2,
    /// Input cannot be read.
    Input = 3,
    /// Output cannot be written.
    Output = 4,
    /// No usable graphics.
    Graphics = 5,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A command that could not do its work: how it ends and what a person can do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// Names the file or argument and what to do.
    pub message: String,
}

impl Failure {
    /// Wrong arguments.
    pub fn arguments(message: impl Into<String>) -> Self {
        Self { exit: Exit::Arguments, message: message.into() }
    }

    /// Input that cannot be read.
    pub fn input(message: impl Into<String>) -> Self {
        Self { exit: Exit::Input, message: message.into() }
    }

    /// Output that cannot be written.
    pub fn output(message: impl Into<String>) -> Self {
        Self { exit: Exit::Output, message: message.into() }
    }

    /// Graphics that cannot be used.
    pub fn graphics(message: impl Into<String>) -> Self {
        Self { exit: Exit::Graphics, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the contract: other people's scripts compare them.
    #[test]
    fn exit_codes_are_those_of_the_contract() {
        let codes = [Exit::Done, Exit::Found, Exit::Arguments, Exit::Input, Exit::Output, Exit::Graphics];
        assert_eq!(codes.map(Exit::code), [0, 1, 2, 3, 4, 5]);
        assert_eq!(Failure::input("x").exit.code(), 3);
        assert_eq!(Failure::output("x").exit.code(), 4);
    }
}
