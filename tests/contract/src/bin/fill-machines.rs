//! Copies the state machines into a directory with their placeholders filled in, for linters that know none:
//! `fill-machines <directory>`.

use anyhow::Context;
use contract::{Machine, Repository};

fn main() -> anyhow::Result<()> {
    let target = std::env::args_os().nth(1).context("usage: fill-machines <directory>")?;
    let repository = Repository::here();
    std::fs::create_dir_all(&target)?;
    for file in repository.files("statemachines")? {
        let machine = Machine::parse(&repository.read(&format!("statemachines/{file}"))?)?;
        std::fs::write(std::path::Path::new(&target).join(&file), machine.filled())?;
    }
    Ok(())
}
