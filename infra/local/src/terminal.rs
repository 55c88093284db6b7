//! What the program says at the terminal.

use std::io::{ErrorKind, Write, stderr, stdout};

/// Prints a line for the person at the terminal. When nobody reads it any more, that is no reason to stop.
pub(crate) fn say(line: &str) {
    drop(writeln!(stdout(), "{line}"));
}

/// Prints what the program was asked for. A reader that has had enough (`| head`) is no fault, a full disk is one.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut output = stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Says why the program ends.
pub fn report(fault: &dyn std::fmt::Display) {
    drop(writeln!(stderr(), "error: {fault}"));
}
