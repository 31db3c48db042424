//! The binary: subcommands over the library.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use migration::{Migrator, MigratorTrait as _};
use quanxiangtuo::{
    config::Settings,
    features::audit::{self, rules::Verdict},
    openapi,
    startup::{self, Application},
    telemetry,
};

/// 泉享托: the backend of inclusive childcare. Without a subcommand: serve.
#[derive(Parser)]
#[command(name = "quanxiangtuo", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (the default).
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Print the OpenAPI document as the handlers describe it.
    Openapi,
    /// The audit log.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Walk the hash chain; fails and names the first broken row, if there is one.
    Verify,
}

#[actix_web::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "start-up errors go to the terminal, before or beside the log")]
fn complain(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

#[expect(clippy::print_stdout, reason = "output of subcommands")]
async fn run(cli: Cli) -> anyhow::Result<()> {
    if matches!(cli.command, Some(Command::Openapi)) {
        print!("{}", openapi::document().to_yaml()?);
        return Ok(());
    }
    let settings = Settings::load()?;
    telemetry::start_logging(&settings);
    let clock = settings.clock()?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let app = Application::build(settings, clock).await?;
            app.run().await?;
        }
        Command::Migrate => {
            let db = startup::connect(&settings).await?;
            Migrator::up(db.writer(), None).await?;
            println!("the schema is up to date");
        }
        Command::Audit { command: AuditCommand::Verify } => {
            let db = startup::connect(&settings).await?;
            let (verdict, waiting) = audit::service::verify(db.reader()).await?;
            match verdict {
                Verdict::Whole { rows, head } => {
                    let head = data_encoding::HEXLOWER.encode(&head);
                    println!("{rows} audit rows are sealed and unchanged, {waiting} wait to be sealed; head {head}");
                }
                Verdict::Broken { seq, row: Some(id) } => {
                    anyhow::bail!("the audit log was changed: row {id}, seq {seq}, does not match its hash")
                }
                Verdict::Broken { seq, row: None } => {
                    anyhow::bail!("the audit log was changed: the row with seq {seq} is missing")
                }
            }
        }
        Command::Openapi => {}
    }
    Ok(())
}
