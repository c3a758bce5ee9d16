//! One module a group of commands. Entry: [`dispatch`].
//!
//! Invariant: a command either returns its exit or one error; it prints no error itself.

mod access;
mod accounts;
mod audit_bundle;
mod audit_export;
mod audit_log;
mod audit_query;
mod chat;
mod decide;
mod factor;
mod plans;
mod policy;
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
        Command::ConsoleCode(args) => decide::console_code(context, args),
        Command::Confirm(args) => decide::confirm(context, args),
        Command::Narrow(args) => decide::narrow(context, args),
        Command::Factor(args) => factor::factor(context, &args.command),
        Command::Status(args) => status::status(context, args),
        Command::Accounts(args) => accounts::accounts(context, args.command.as_ref()),
        Command::Stop(args) => stop::stop(context, &args.scope, &args.reason),
        Command::Release(scope) => stop::release(context, scope),
        Command::Calendar => chat::calendar(context),
        Command::Policy(args) => policy::policy(context, &args.command),
        Command::Rules(args) => policy::rules(context, &args.command),
        Command::Audit(args) => match &args.command {
            AuditCommand::Verify(args) => match (&args.export, &args.bundle) {
                (Some(dir), _) => audit_export::verify(context, dir, &args.given),
                (_, Some(file)) => audit_bundle::verify(context, file, &args.given),
                _ => audit_log::verify(context, args.chain.as_deref(), args.reset_pins),
            },
            AuditCommand::Show(args) => audit_query::show(context, args),
            AuditCommand::Export { to } => audit_export::export(context, to),
            AuditCommand::Bundle { plan, export, to } => audit_bundle::make(context, plan, export, to),
            AuditCommand::Ocsf { conditions, sensitive } => audit_query::ocsf(context, conditions, *sensitive),
        },
    }
}
