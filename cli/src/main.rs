//! `aiops`, what operators type.
//!
//! Entry: [`main`] reads the surroundings once and hands them to [`run::run`]. Invariant: the program speaks
//! only to the fleet's HTTP endpoint and to the identity provider, so it works the same against AWS and
//! against the local stack; text from either reaches the terminal only through [`screen::Screen`].
//!
//! ```text
//! aiops login && aiops chat stop i-0abc in dev
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod args;
mod commands;
mod endpoint;
mod error;
mod help_zh;
mod http;
mod messages;
mod run;
mod screen;
mod sign_in;
mod store;
mod surroundings;
mod wire;

use std::io::IsTerminal as _;

use surroundings::Surroundings;

fn main() -> std::process::ExitCode {
    let surroundings = Surroundings::read();
    let terminal = std::io::stdin().is_terminal();
    let (mut out, mut err, mut input) = (std::io::stdout(), std::io::stderr(), std::io::stdin().lock());
    run::run(std::env::args_os().collect(), &surroundings, &mut out, &mut err, &mut input, terminal).into()
}
