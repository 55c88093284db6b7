//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use embedded::EmbeddedError;
use shared::access::PlatformRole;
use shared::id::OrganizationId;
use shared::ledger::statement::{self, Verified};
use shared::plan::PlanName;
use shared::problem::Problem;

use crate::operator::Command;
use crate::running::{self, Running};
use crate::serve::{open, serve};
use crate::terminal::{print, say};
use crate::{PlatformError, openapi};

/// Groundwork, the backend a startup platform stands on: the whole platform in one process.
///
/// Without a subcommand it starts the platform on http://127.0.0.1:8787 with its data in .groundwork/, and prints how to sign up. Nothing
/// else is needed: no Docker, no cloud account, no keys.
#[derive(Debug, Parser)]
#[command(name = "groundwork", version, max_term_width = 100)]
#[command(after_help = "Examples:
  groundwork                               start the platform
  groundwork --seed-demo                   start it with a demo organisation and print its sign-in
  groundwork --memory --port 9000          start it on another port and keep nothing
  groundwork plan set org_01… pro          put an organisation on the Pro plan
  groundwork role grant ada@example.com admin
  groundwork verify-statement FILE         verify a statement of an account
  groundwork tick agentic-run              run the hourly agentic run now")]
pub struct Cli {
    #[command(flatten)]
    serve: ServeOptions,
    #[command(subcommand)]
    command: Option<Subcommands>,
}

/// How the platform is served.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// The port to listen on, on the loopback interface; 0 takes a free one.
    #[arg(long, env = "PORT", default_value_t = 8787)]
    pub(crate) port: u16,
    /// Where the data is kept.
    #[arg(
        long = "data-dir",
        value_name = "DIRECTORY",
        env = "GROUNDWORK_DATA_DIR",
        default_value = ".groundwork",
        global = true
    )]
    pub(crate) data_directory: PathBuf,
    /// Keep everything in memory; it is gone when the platform stops.
    #[arg(long)]
    pub(crate) memory: bool,
    /// Fill in a demo organisation on Pro with a few hundred leads and some history, and print its sign-in.
    #[arg(long)]
    pub(crate) seed_demo: bool,
    /// Run the platform's clock this many seconds ahead: leases, cool-downs and expiries come due without waiting.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) clock_ahead: u64,
    /// Also answer DynamoDB and SQS requests on this loopback port, for the AWS CLI and for functions run outside; 0 takes a free one.
    #[arg(long, value_name = "PORT")]
    pub(crate) aws_port: Option<u16>,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Run the function of a schedule now.
    Tick {
        /// The function: sweep, agentic-run or purge.
        function: String,
    },
    /// Look after organisations' plans.
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Look after platform roles.
    #[command(subcommand)]
    Role(RoleCommand),
    /// Print the OpenAPI document.
    Openapi,
    /// Verify a statement of an account (`GET /api/buz/statement/…`), and name the first entry that was changed, removed or put in.
    ///
    /// It needs the file alone: neither the platform nor its data.
    VerifyStatement {
        /// The CSV file.
        file: PathBuf,
    },
    /// Remove all data.
    Reset {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
enum PlanCommand {
    /// Put an organisation on a plan.
    Set {
        /// The organisation's id (org_…), as `GET /api/organizations` shows it.
        organization: OrganizationId,
        /// free, pro, outreach or enterprise.
        plan: PlanName,
    },
}

#[derive(Debug, Subcommand)]
enum RoleCommand {
    /// Give an account a platform role.
    Grant {
        /// The account's e-mail address.
        email: String,
        /// admin or support.
        role: PlatformRole,
    },
    /// Take an account's platform role away.
    Revoke {
        /// The account's e-mail address.
        email: String,
    },
}

/// What ends the program with a message.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The port cannot be listened on.
    #[error("cannot listen on port {0}: {1}\nIs the platform running already? Choose another port with --port.")]
    Port(u16, std::io::Error),
    /// The data directory cannot be used.
    #[error("cannot use the directory {directory}: {1}", directory = .0.display())]
    Directory(PathBuf, std::io::Error),
    /// The database cannot be used.
    #[error("{0}\nAnother platform may be running on the same data; stop it, or choose another --data-dir.")]
    Database(#[from] EmbeddedError),
    /// The platform does not start.
    #[error(transparent)]
    Platform(#[from] PlatformError),
    /// The command was refused.
    #[error("{0}")]
    Refused(String),
    /// Something else of the machine.
    #[error(transparent)]
    Io(std::io::Error),
}

impl From<Problem> for CliError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem.detail().to_owned())
    }
}

impl Cli {
    /// Carries the command line out.
    pub async fn run(self) -> Result<(), CliError> {
        let command = match self.command {
            None => return serve(self.serve).await,
            Some(Subcommands::Openapi) => return print_openapi(),
            Some(Subcommands::VerifyStatement { file }) => return verify_statement(&file),
            Some(Subcommands::Reset { yes }) => return reset(&self.serve.data_directory, yes),
            Some(Subcommands::Tick { function }) => Command::Tick { function },
            Some(Subcommands::Plan(PlanCommand::Set { organization, plan })) => {
                Command::SetPlan { organization_id: organization, plan }
            }
            Some(Subcommands::Role(RoleCommand::Grant { email, role })) => Command::SetRole { email, role: Some(role) },
            Some(Subcommands::Role(RoleCommand::Revoke { email })) => Command::SetRole { email, role: None },
        };
        say(&self.serve.operate(command).await?);
        Ok(())
    }
}

impl ServeOptions {
    /// Asks the running platform to carry the command out; does so itself, on the file, when none runs.
    async fn operate(&self, command: Command) -> Result<String, CliError> {
        if let Some(running) = Running::find(&self.data_directory).await? {
            let unheard = |error| CliError::Refused(format!("the running platform does not answer: {error}"));
            let request = running::client().map_err(unheard)?.post(format!("{}/_local/operator", running.url));
            let answer = request.bearer_auth(&running.operator_token).json(&command).send().await;
            return heard(answer.map_err(unheard)?).await;
        }
        let platform = open(Some(&self.data_directory), self.clock_ahead, None).await?;
        let said = command.run_here(&platform).await?;
        // What the command set in motion is carried out before the file is let go.
        platform.drain().await?;
        Ok(said)
    }
}

async fn heard(answer: reqwest::Response) -> Result<String, CliError> {
    let success = answer.status().is_success();
    let body: serde_json::Value = answer.json().await.map_err(|error| CliError::Refused(error.to_string()))?;
    let first_error = body.get("errors").and_then(|errors| errors.get(0)?.get("message")?.as_str());
    let text = if success { body.get("message").and_then(|message| message.as_str()) } else { first_error };
    let text = text.or_else(|| body.get("detail")?.as_str()).unwrap_or("the platform gave no reason").to_owned();
    if success { Ok(text) } else { Err(CliError::Refused(text)) }
}

fn print_openapi() -> Result<(), CliError> {
    let text = openapi().to_pretty_json().map_err(|error| CliError::Refused(error.to_string()))?;
    print(&text).map_err(CliError::Io)
}

fn verify_statement(file: &PathBuf) -> Result<(), CliError> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| CliError::Refused(format!("cannot read {}: {error}", file.display())))?;
    let verified = statement::verify(&text).map_err(|broken| CliError::Refused(format!("broken at {broken}")))?;
    let Verified { account, entries, first_sequence, balances: (opening, closing), last_hash } = verified;
    say(&format!(
        "{account}: {entries} entries from number {first_sequence} on are sound; the balance went from {opening} to {closing}."
    ));
    say(&format!("The last hash is {last_hash}; it is the account's own if nothing is missing at the end."));
    Ok(())
}

fn reset(data_directory: &PathBuf, yes: bool) -> Result<(), CliError> {
    if !data_directory.exists() {
        say(&format!("There is no data in {}.", data_directory.display()));
        return Ok(());
    }
    let database = data_directory.join(crate::serve::DATABASE);
    if database.exists() {
        // Opening it takes the lock: data in use is not removed.
        drop(embedded::EmbeddedDynamoDb::open(&database)?);
    }
    if !yes {
        say(&format!("This removes all data in {}. Type yes to go on:", data_directory.display()));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).map_err(CliError::Io)?;
        if answer.trim() != "yes" {
            return Err(CliError::Refused("nothing was removed".to_owned()));
        }
    }
    // Only what is ours is removed: the directory may have been named by mistake.
    // A platform in memory looks after its own file.
    let ours = |name: &str| {
        [crate::serve::DATABASE, crate::serve::STRIPE_FILE, running::FILE].iter().any(|file| name.starts_with(file))
    };
    let faulty = |error| CliError::Directory(data_directory.clone(), error);
    for entry in std::fs::read_dir(data_directory).map_err(faulty)? {
        let entry = entry.map_err(faulty)?;
        if entry.file_name().to_str().is_some_and(ours) {
            std::fs::remove_file(entry.path()).map_err(faulty)?;
        }
    }
    say(&format!("Removed all data in {}.", data_directory.display()));
    Ok(())
}
