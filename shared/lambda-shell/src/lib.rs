//! lambda-shell.
