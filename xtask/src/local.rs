//! `up`, `down` and `status`: the fleet on this machine.
//!
//! Entry functions: [`up`], [`down`], [`status`]. Invariant: each may be run again at any time; what is already as it
//! should be is left alone.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::{
    cli::Cli,
    fleet::{self, Fleet},
    guide,
    package::{self, Kind},
    stack::{self, Life, PORT, Stack},
    tools,
    workspace::Workspace,
};

/// How `up` was called.
pub(crate) struct Up {
    /// Where to listen; AIOPS_PORT, the last port or the default when absent.
    pub(crate) port: Option<u16>,
    /// Show the guided run: `None` where it was not shown yet.
    pub(crate) demo: Option<bool>,
}

/// Sets everything up, starts the fleet, and shows it at work.
pub(crate) fn up(ws: &Workspace, options: &Up) -> Result<()> {
    let port = port_to_use(ws, options.port)?;
    println!("▶ tools");
    tools::set_up(ws)?;
    println!("▶ build (the first time compiles the AWS SDKs: about ten minutes on two cores)");
    package::build_local(ws)?;
    let zips = ws.local.join("functions");
    let packed = package::zips(ws, Kind::Local, &zips)?;
    println!("  functions packed: {packed} of {} were new", ws.functions()?.len());

    println!("▶ local stack");
    let (stack, started) = running_or_started(ws, port)?;
    println!("▶ fleet");
    let fleet = Fleet::of(&ws.local);
    fleet::deploy(ws, &stack, &zips, &fleet)?;
    let cli = Cli::local(ws, &fleet)?;
    cli.register_accounts(ws, &fleet, &ws.local.join("registered"))?;
    if started {
        // A stack that was stopped has lost its running workflows; the ledger has not lost the plans.
        fleet::resume(ws, &stack)?;
    }
    let shown = ws.local.join("shown");
    if options.demo.unwrap_or(!shown.exists()) {
        guide::show(ws, &stack, &fleet, &cli, &shown)?;
    }
    guide::how_to_talk(ws, &stack, &fleet)
}

/// The port of the stack: that of the running one, else the named one, else the last one. Refused before anything is
/// built where another program holds it.
fn port_to_use(ws: &Workspace, named: Option<u16>) -> Result<u16> {
    let named = match (named, std::env::var("AIOPS_PORT")) {
        (Some(port), _) => Some(port),
        (None, Ok(text)) => Some(text.parse().with_context(|| format!("AIOPS_PORT is `{text}`, not a port"))?),
        (None, Err(_)) => None,
    };
    if let Some(stack) = Stack::running(&ws.local) {
        if named.is_some_and(|port| port != stack.port) {
            bail!("the local stack is already running on port {}; `cargo xtask down` first to move it", stack.port);
        }
        return Ok(stack.port);
    }
    let last = || fs::read_to_string(ws.local.join("port")).ok().and_then(|text| text.trim().parse().ok());
    let port = named.or_else(last).unwrap_or(PORT);
    stack::refuse_taken(port)?;
    Ok(port)
}

fn running_or_started(ws: &Workspace, port: u16) -> Result<(Stack, bool)> {
    if let Some(stack) = Stack::running(&ws.local) {
        if !stack.healthy() {
            bail!("the local stack (port {}) is running but does not answer; see `{}`", stack.port, ws.shown(&stack.log()));
        }
        println!("  running on {}", stack.endpoint());
        return Ok((stack, false));
    }
    let mut stack = Stack::new(&ws.local, port);
    if stack.ended_badly() {
        println!("  the last run was not ended by `cargo xtask down`: what changed since the last such end is lost");
    }
    stack.start(ws, Life::Daemon)?;
    fs::write(ws.local.join("port"), format!("{port}\n"))?;
    println!("  listening on {} (log: {})", stack.endpoint(), ws.shown(&stack.log()));
    Ok((stack, true))
}

/// Stops the local stack and keeps its state; with `forget`, removes the state too.
pub(crate) fn down(ws: &Workspace, forget: bool) -> Result<()> {
    match Stack::running(&ws.local) {
        Some(mut stack) => {
            stack.stop()?;
            println!("stopped; its state is kept in {}", ws.shown(&ws.local.join("state")));
        }
        None => println!("the local stack is not running"),
    }
    if forget {
        for name in ["state", "aiops"] {
            let dir = ws.local.join(name);
            if dir.exists() {
                fs::remove_dir_all(&dir)?;
            }
        }
        for name in ["outputs.json", "people.json", "private.json", "shown", "registered", "port", "unsaved"] {
            let file = ws.local.join(name);
            if file.exists() {
                fs::remove_file(&file)?;
            }
        }
        println!("its state is removed");
    }
    Ok(())
}

/// Says what runs and what waits.
pub(crate) fn status(ws: &Workspace) -> Result<()> {
    let Some(stack) = Stack::running(&ws.local) else {
        println!("the local stack is not running; `cargo xtask up` starts it");
        return Ok(());
    };
    let health = if stack.healthy() { "healthy" } else { "does not answer" };
    println!("local stack: {} {health}, process {}, log {}", stack.endpoint(), stack.pid().unwrap_or_default(), ws.shown(&stack.log()));
    fleet::status(ws, &stack, &Fleet::of(&ws.local))
}
