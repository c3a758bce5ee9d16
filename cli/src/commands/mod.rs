//! One module a group of commands. Entry: [`dispatch`].
//!
//! Invariant: a command either returns its exit or one error; it prints no error itself.

mod access;
mod accounts;
mod audit_log;
mod chat;
mod decide;
mod plans;
mod status;
mod stop;

use crate::{
    args::{AuditCommand, Command},
    error::{CliError, Exit},
    run::Context,
};

/// Runs a command.
pub(crate) fn dispatch(context: &mut Context<'_, '_>, command: &Command) -> Result<Exit, CliError> {
    match command {
        Command::Login(args) => access::login(context, args),
        Command::Logout => access::logout(context),
        Command::Configure(args) => access::configure(context, args),
        Command::Whoami => access::whoami(context),
        Command::Chat(args) => chat::chat(context, args),
        Command::Plans(args) => plans::list(context, args),
        Command::Plan(args) => plans::show(context, &args.plan),
        Command::Approvals => plans::approvals(context),
        Command::Approve(args) => decide::approve(context, args),
        Command::Reject(args) => decide::reject(context, &args.plan, &args.reason),
        Command::Undo(args) => decide::plain(context, &args.plan, "undo"),
        Command::Withdraw(args) => decide::plain(context, &args.plan, "withdraw"),
        Command::ConsoleCode(args) => decide::console_code(context, &args.plan),
        Command::Status(args) => status::status(context, args),
        Command::Accounts(args) => accounts::accounts(context, args.command.as_ref()),
        Command::Stop(args) => stop::stop(context, &args.scope, &args.reason),
        Command::Release(scope) => stop::release(context, scope),
        Command::Audit(args) => match &args.command {
            AuditCommand::Verify { chain, reset_pins } => audit_log::verify(context, chain.as_deref(), *reset_pins),
            AuditCommand::Show { plan, chain } => audit_log::show(context, plan.as_deref(), chain.as_deref()),
        },
    }
}
