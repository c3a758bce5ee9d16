//! The command line. Entry type: [`Args`].
//!
//! Invariant: every command and option has words in both languages: English here, Chinese in
//! [`crate::help_zh`], and a test holds the two together.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use domain::{Lang, PlanState};

/// What the exit codes mean.
pub(crate) const EXIT_CODES: &str = "Exit codes:
  0  done as asked
  1  refused, or another error; its name is printed
  2  the audit log has a fault
  3  no answer from the endpoint or the identity provider, or not signed in
  4  the wait ended before the plan did";

/// Operate AWS accounts by sentences, plans and approvals.
#[derive(Debug, Parser)]
#[command(name = "aiops", version, after_help = EXIT_CODES, max_term_width = 110, disable_help_subcommand = true)]
pub(crate) struct Args {
    /// Whose sign-in and settings to use.
    #[arg(long, global = true, value_name = "NAME", env = "AIOPS_PROFILE", default_value = crate::store::DEFAULT_PROFILE)]
    pub(crate) profile: String,
    /// Print JSON, one document a line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of the output (default: of the locale).
    #[arg(long, global = true, value_enum, value_name = "en|zh", hide_possible_values = true)]
    pub(crate) lang: Option<LangArg>,
    /// Seconds to wait for one answer (default 40), or with `status --wait` for the plan's end (default 900).
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A language on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LangArg {
    /// English.
    En,
    /// 中文。
    Zh,
}

impl From<LangArg> for Lang {
    fn from(arg: LangArg) -> Self {
        match arg {
            LangArg::En => Self::En,
            LangArg::Zh => Self::Zh,
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in.
    Login(Login),
    /// Sign out and delete the tokens.
    Logout,
    /// Set endpoint, identity provider and client; without options show them.
    Configure(Configure),
    /// Say what should be done, or ask; without text, a conversation.
    Chat(Chat),
    /// List plans.
    Plans(Plans),
    /// Show one plan's preview.
    Plan(PlanArg),
    /// List plans that wait for a decision.
    Approvals,
    /// Approve a plan after reading its preview.
    Approve(Approve),
    /// Say no to a plan.
    Reject(Reject),
    /// Take an executed plan back.
    Undo(PlanArg),
    /// Take back a plan of your own that still waits.
    Withdraw(PlanArg),
    /// Get a single-use code to approve a plan from the Step Functions console.
    ConsoleCode(CodeArgs),
    /// Type the account's name back for a plan that you asked for.
    Confirm(Confirm),
    /// Leave some resources out of a waiting plan: a new plan with its own digest stands in its place.
    Narrow(Narrow),
    /// Set up the second factor that dangerous plans are approved with.
    Factor(FactorArgs),
    /// Show where plans stand, or wait for the end of one.
    Status(Status),
    /// List the registered accounts, or register them from a file.
    Accounts(Accounts),
    /// Show who you are to the fleet.
    Whoami,
    /// Stop all execution, or that of one account or operation.
    Stop(Stop),
    /// Release a stop.
    Release(Scope),
    /// Verify, show or export the audit log.
    Audit(Audit),
    /// Show the change windows and freezes of the next weeks.
    Calendar,
    /// Ask the rules, try others out.
    Policy(Policy),
    /// Show the rules and the calendar in force, or change them by two people.
    Rules(Rules),
}

/// `policy`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Policy {
    /// What to ask.
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

/// `policy …`.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Would it be allowed, rule by rule, and what would make it so?
    Explain(Explain),
    /// Read and check rules on this machine.
    Check {
        /// A directory of `.cedar` files, or one file.
        #[arg(value_name = "RULES")]
        rules: PathBuf,
    },
    /// Decide a file of situations (JSON, one a line) on this machine; exit 1 when one is not as it expects.
    Simulate {
        /// The situations.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Rules to use instead of the default ones.
        #[arg(long, value_name = "RULES")]
        rules: Option<PathBuf>,
    },
    /// Show which situations other rules would answer differently than those in force.
    Compare {
        /// A directory of `.cedar` files, or one file.
        #[arg(value_name = "RULES")]
        rules: PathBuf,
        /// The situations.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// `policy explain`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// The operation, as in the catalogue (ec2.stop_instances).
    #[arg(value_name = "OPERATION")]
    pub(crate) operation: String,
    /// In which account.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: String,
    /// For whom (default: you).
    #[arg(long = "as", value_name = "USER")]
    pub(crate) person: Option<String>,
    /// When, in RFC 3339 (default: now).
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// On how many resources (default 1).
    #[arg(long, value_name = "N")]
    pub(crate) targets: Option<u32>,
}

/// `rules`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Rules {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

/// What can be changed by two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SettingArg {
    /// Accounts that become looser.
    Accounts,
    /// The change calendar.
    Calendar,
    /// The policies.
    Policies,
    /// Accepted findings.
    Exceptions,
}

/// `rules …`.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Show what is in force and what waits for a second person.
    Show,
    /// Propose a change calendar.
    Calendar {
        /// The YAML file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Propose policies.
    Policies {
        /// A directory of `.cedar` files, or one file.
        #[arg(value_name = "RULES")]
        rules: PathBuf,
    },
    /// Propose which findings of scans are accepted, by whom and until when.
    Exceptions {
        /// The YAML file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Confirm, as the second person, what another administrator proposed.
    Confirm {
        /// What was proposed.
        #[arg(value_enum, value_name = "accounts|calendar|policies|exceptions", hide_possible_values = true)]
        kind: SettingArg,
        /// Its digest, all 64 digits.
        #[arg(value_name = "DIGEST")]
        digest: String,
    },
}

/// `login`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Login {
    /// User name; asked for when absent.
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Read the password from standard input, and from further lines whatever else is asked.
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// `configure`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Configure {
    /// Base URL of the fleet's HTTP endpoint [env: AIOPS_ENDPOINT].
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Base URL of the Cognito API [env: AIOPS_ISSUER_URL].
    #[arg(long, value_name = "URL")]
    pub(crate) issuer_url: Option<String>,
    /// The user pool client [env: AIOPS_CLIENT_ID].
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
}

/// `chat`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Chat {
    /// What to say; without it a conversation begins.
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// Answer yes to what the reply asks to confirm.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
    /// Begin a new session, with no account selected.
    #[arg(long)]
    pub(crate) new_session: bool,
}

/// `plans`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Plans {
    /// Only plans in this state.
    #[arg(long, value_name = "STATE", value_parser = clap::builder::PossibleValuesParser::new(PlanState::ALL.map(PlanState::as_str)))]
    pub(crate) state: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
}

/// One plan.
#[derive(Debug, ClapArgs)]
pub(crate) struct PlanArg {
    /// The plan's id.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,
}

/// `console-code`.
#[derive(Debug, ClapArgs)]
pub(crate) struct CodeArgs {
    /// The plan's id.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,
    /// A code of your authenticator, where the plan needs a second factor.
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<String>,
}

/// `confirm`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Confirm {
    /// The plan's id.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,
    /// The name of the account that the plan is about.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: String,
}

/// `narrow`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Narrow {
    /// The plan's id.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,
    /// The resources that stay, by id or ARN.
    #[arg(value_name = "RESOURCE", required = true)]
    pub(crate) targets: Vec<String>,
}

/// `factor`.
#[derive(Debug, ClapArgs)]
pub(crate) struct FactorArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub(crate) command: FactorCommand,
}

/// `factor …`.
#[derive(Debug, Subcommand)]
pub(crate) enum FactorCommand {
    /// Get a new secret for your authenticator; it is shown once.
    Enrol {
        /// A code of the present one, which is replaced.
        #[arg(long, value_name = "CODE")]
        code: Option<String>,
    },
    /// Show the first code of the new secret; it counts from then on.
    Activate {
        /// The code.
        #[arg(value_name = "CODE")]
        code: String,
    },
    /// Take away somebody's lost second factor (administrators).
    Reset {
        /// Whose.
        #[arg(value_name = "USER")]
        person: String,
    },
}

/// `approve`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Approve {
    /// The plan's id.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,
    /// Refuse unless the plan has this digest (all 64 digits, or at least the first 12).
    #[arg(long, value_name = "DIGEST")]
    pub(crate) digest: Option<String>,
    /// A code of your authenticator, where the plan needs a second factor.
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Option<String>,
    /// Do not ask.
    #[arg(long, short = 'y')]
    pub(crate) yes: bool,
}

/// `reject`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Reject {
    /// The plan's id.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: String,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) reason: String,
}

/// `status`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Status {
    /// The plan's id; without it, all plans that have not ended.
    #[arg(value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// Wait for the end; exit 0 only when it succeeded, or was undone after somebody asked for that.
    #[arg(long, requires = "plan")]
    pub(crate) wait: bool,
}

/// `accounts`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Accounts {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: Option<AccountsCommand>,
}

/// `accounts …`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// Register the accounts of a YAML list.
    Load {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Where a stop holds.
#[derive(Debug, ClapArgs)]
pub(crate) struct Scope {
    /// Only this account.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Only this operation.
    #[arg(long, value_name = "OPERATION", conflicts_with = "account")]
    pub(crate) operation: Option<String>,
}

/// `stop`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) scope: Scope,
    /// Why; everybody will read it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
}

/// `audit`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Audit {
    /// What to do with the log.
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// `audit …`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Verify every chain here, against its stated head and the head seen last time; or an export, or a bundle.
    Verify(VerifyAudit),
    /// Show records that meet every condition given.
    Show(Show),
    /// Write every record and seal into a folder that can be verified anywhere.
    Export {
        /// The folder; it must be empty or absent.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Write all evidence of one plan into one file that a stranger can check.
    Bundle {
        /// The plan's id.
        #[arg(value_name = "PLAN")]
        plan: String,
        /// The export with its records and seals.
        #[arg(long, value_name = "DIR")]
        export: PathBuf,
        /// The file.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Print records as OCSF events, one a line.
    Ocsf {
        #[command(flatten)]
        conditions: Conditions,
        /// With people's words and values out of resources.
        #[arg(long)]
        sensitive: bool,
    },
}

/// `audit verify`.
#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyAudit {
    /// Only this chain (an account id, or `hub`).
    #[arg(long, value_name = "CHAIN", conflicts_with_all = ["export", "bundle"])]
    pub(crate) chain: Option<String>,
    /// Forget the heads seen so far, after a restore that was meant.
    #[arg(long, conflicts_with_all = ["export", "bundle"])]
    pub(crate) reset_pins: bool,
    /// Verify this export, without asking anybody.
    #[arg(long, value_name = "DIR", requires = "key", conflicts_with = "bundle")]
    pub(crate) export: Option<PathBuf>,
    /// Verify this bundle, without asking anybody.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) bundle: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) given: VerifyExport,
}

/// What is known from elsewhere.
#[derive(Debug, ClapArgs)]
pub(crate) struct VerifyExport {
    /// Public key of the seals in PEM; again for older keys.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// Public key of the approvals in PEM, for a bundle; again for older keys.
    #[arg(long, value_name = "FILE")]
    pub(crate) approval_key: Vec<PathBuf>,
    /// A seal that was seen earlier and must be there.
    #[arg(long, value_name = "NUMBER:HASH")]
    pub(crate) pin: Option<String>,
    /// A record that was seen earlier and must be there; again for other chains.
    #[arg(long, value_name = "CHAIN:NUMBER:HASH")]
    pub(crate) head: Vec<String>,
    /// Accept records of which only the hash is left.
    #[arg(long)]
    pub(crate) erased: bool,
}

/// `audit show`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) conditions: Conditions,
    /// Print CSV.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
}

/// Which records.
#[derive(Debug, ClapArgs)]
pub(crate) struct Conditions {
    /// Only records of this plan.
    #[arg(long, value_name = "PLAN")]
    pub(crate) plan: Option<String>,
    /// Only records of this incident.
    #[arg(long, value_name = "INCIDENT")]
    pub(crate) incident: Option<String>,
    /// Only records about this resource: an ARN, or its last part.
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) resource: Option<String>,
    /// Only what this person did or is named in.
    #[arg(long, value_name = "PERSON")]
    pub(crate) person: Option<String>,
    /// Only this kind of event.
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Not before: a time, a day (UTC), or so long ago (`12h`, `2d`).
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Not after.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// Only this chain (an account id, or `hub`).
    #[arg(long, value_name = "CHAIN")]
    pub(crate) chain: Option<String>,
    /// Ask this export instead of the endpoint.
    #[arg(long, value_name = "DIR")]
    pub(crate) export: Option<PathBuf>,
}
