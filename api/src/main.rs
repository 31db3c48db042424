//! The binary: subcommands over the library.

use std::{
    io::{BufRead as _, IsTerminal as _},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use entity::{CentreId, StaffRole};
use quanxiangtuo::{
    config::{AppEnv, Settings},
    features::{
        audit::{
            self,
            rules::{Anchor, Verdict},
        },
        auth::accounts::{self, NewStaff},
        demo::{self, Seeded},
        indicators::command as indicators,
        ops::jobs,
        privacy::service::{reseal, retention},
        satisfaction::command as satisfaction,
        vouchers::code_keys,
    },
    openapi,
    platform::{
        clock::{Clock, local},
        db::write_txn,
    },
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
    /// Load the demonstration data into an empty database; never in production.
    Seed,
    /// Accounts of staff.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Print the OpenAPI document as the handlers describe it.
    Openapi,
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Keys of voucher codes.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// How background jobs fare over all replicas, and what waits for them; fails while one does.
    Jobs,
    /// The bureau's satisfaction figures.
    #[command(subcommand)]
    Satisfaction(SatisfactionCommand),
    /// How long personal data is kept.
    #[command(subcommand)]
    Retention(RetentionCommand),
    /// The plan's indicators of closed months.
    #[command(subcommand)]
    Indicators(IndicatorsCommand),
}

#[derive(Subcommand)]
enum IndicatorsCommand {
    /// Make every closed month's figures again of what was counted, and count again what journals hold;
    /// fails and names the months that aren't the same.
    Verify,
    /// Keep the closed months that weren't yet, and print what would be another figure by what is known now.
    /// What is kept stays.
    Recompute,
}

#[derive(Subcommand)]
enum RetentionCommand {
    /// Print every rule, why it is so, and how many rows are due now.
    Report,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Store a new key of voucher codes. Every replica learns it before it is used, and codes of the
    /// former key are read until they have lapsed: no restart, no gap.
    Rotate {
        /// The present key is known to others: it verifies for a minute more, not for nine days.
        /// Offline codes shown before are refused then.
        #[arg(long)]
        leaked: bool,
    },
    /// Seal names, phones and the like anew with the first of KEYS, while the service runs. Give every replica
    /// the new key first. Can be interrupted and run again; afterwards the old key may go.
    Reencrypt {
        /// Only count the values that each key has sealed.
        #[arg(long)]
        status: bool,
    },
}

impl Command {
    /// Whether it tells of what is there: it makes no database, and fills none.
    const fn only_reads(&self) -> bool {
        match self {
            Self::Audit(_) | Self::Jobs | Self::Satisfaction(_) | Self::Retention(_) | Self::Indicators(_) => true,
            Self::Keys(KeysCommand::Reencrypt { status }) => *status,
            Self::Keys(KeysCommand::Rotate { .. })
            | Self::Serve
            | Self::Migrate
            | Self::Seed
            | Self::Staff(_)
            | Self::Openapi => false,
        }
    }
}

#[derive(Subcommand)]
enum SatisfactionCommand {
    /// Recompute the snapshot of every closed month from the versions of the ratings; fails and names
    /// the months that aren't the same.
    Verify,
    /// Count every roll-up again of the ratings and the care; fails and names those that aren't the same.
    Recount {
        /// Put them right.
        #[arg(long)]
        repair: bool,
    },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Walk the hash chain; fails and names the first broken row, if there is one, a cut-off end, and
    /// a chain that was made anew.
    Verify {
        /// A head that was printed before and kept elsewhere: SEQ:HASH. The chain must still pass by it.
        #[arg(long)]
        expect: Option<Anchor>,
    },
}

#[derive(Subcommand)]
enum StaffCommand {
    /// Make an account. The password is the first line of standard input; without one (or on a
    /// terminal) one is made and printed once.
    Add(StaffAdd),
}

#[derive(Args)]
struct StaffAdd {
    /// For sign-in: a-z, 0-9, `.`, `_`, `-`.
    #[arg(long)]
    username: String,
    /// carer, manager, officer or admin.
    #[arg(long)]
    role: StaffRole,
    /// The centre of a carer or manager: ctr_….
    #[arg(long)]
    centre: Option<CentreId>,
    /// Shown to colleagues; the user name if absent.
    #[arg(long)]
    name: Option<String>,
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
    let settings = match &cli.command {
        Some(command) if command.only_reads() => startup::of_a_reader(settings).await?,
        _ => settings,
    };
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let (demo, today) = (settings.app_env == AppEnv::Demo, clock.today());
            let app = Application::build(settings, clock).await?;
            tracing::info!(address = %app.address(), "listening");
            if demo {
                print!("{}", demo::welcome(app.address(), today));
            }
            app.run().await?;
        }
        Command::Migrate => {
            let db = startup::connect(&settings).await?;
            startup::migrate(&db).await?;
            println!("the schema is up to date");
        }
        Command::Seed => println!("{}", seed(&settings, &clock).await?),
        Command::Staff(StaffCommand::Add(new)) => println!("{}", add_staff(&settings, &clock, new).await?),
        Command::Audit(AuditCommand::Verify { expect }) => println!("{}", verify_audit(&settings, expect).await?),
        Command::Keys(KeysCommand::Rotate { leaked }) => println!("{}", rotate_keys(&settings, &clock, leaked).await?),
        Command::Jobs => println!("{}", show_jobs(settings, clock).await?),
        Command::Satisfaction(command) => {
            let db = startup::connect(&settings).await?;
            let told = match command {
                SatisfactionCommand::Verify => satisfaction::verify(&db).await?,
                SatisfactionCommand::Recount { repair } => satisfaction::recount(&db, repair).await?,
            };
            println!("{told}");
        }
        Command::Keys(KeysCommand::Reencrypt { status: true }) => println!("{}", sealed_by(&settings).await?),
        Command::Keys(KeysCommand::Reencrypt { status: false }) => reencrypt(&settings).await?,
        Command::Retention(RetentionCommand::Report) => println!("{}", report_retention(settings, clock).await?),
        Command::Indicators(command) => {
            let ctx = startup::context(settings, clock).await?;
            let told = match command {
                IndicatorsCommand::Verify => indicators::verify(&ctx).await?,
                IndicatorsCommand::Recompute => indicators::recompute(&ctx).await?,
            };
            println!("{told}");
        }
        Command::Openapi => {}
    }
    Ok(())
}

async fn seed(settings: &Settings, clock: &Clock) -> anyhow::Result<String> {
    // Before anything is connected to: production must not even be touched.
    anyhow::ensure!(settings.app_env != AppEnv::Production, demo::Refused::Production);
    let db = startup::connect(settings).await?;
    startup::prepare_schema(settings, &db).await?;
    match demo::seed(settings, &db, &settings.keyring()?, clock).await? {
        Seeded::Now { centres, visits, ratings } => {
            Ok(format!("loaded {centres} centres, {visits} past visits, {ratings} ratings"))
        }
        Seeded::Before => Ok("the demonstration data is already there; nothing changed".to_owned()),
        Seeded::NotEmpty => {
            anyhow::bail!("the database has data of its own; demonstration data goes into an empty one")
        }
    }
}

async fn add_staff(settings: &Settings, clock: &Clock, new: StaffAdd) -> anyhow::Result<String> {
    let StaffAdd { username, role, centre, name } = new;
    let given = password_from_stdin()?;
    let password = given.clone().unwrap_or_else(accounts::random_password);
    let db = startup::connect(settings).await?;
    startup::prepare_schema(settings, &db).await?;
    let account = NewStaff { username: username.clone(), role, centre_id: centre, name, password: password.clone() };
    let id = accounts::add_staff(&db, &settings.keyring()?, clock, account).await?;
    Ok(match given {
        Some(_) => format!("{username} ({role}) is {id}"),
        None => format!("{username} ({role}) is {id}\npassword: {password}\nIt is not shown again."),
    })
}

async fn rotate_keys(settings: &Settings, clock: &Clock, leaked: bool) -> anyhow::Result<String> {
    let db = startup::connect(settings).await?;
    startup::prepare_schema(settings, &db).await?;
    let (keyring, now) = (settings.keyring()?, clock.now());
    let done = write_txn(&db, async |txn| code_keys::rotate(txn, &keyring, now, leaked).await).await?;
    let at = |instant| local(instant).format("%Y-%m-%d %H:%M:%S");
    Ok(format!(
        "key {} mints voucher codes from {} on; the former keys verify until {}",
        done.id,
        at(done.active_from),
        at(done.former_until)
    ))
}

async fn show_jobs(settings: Settings, clock: Clock) -> anyhow::Result<String> {
    use std::fmt::Write as _;
    let ctx = startup::context(settings, clock).await?;
    let runs = jobs::runs(ctx.db.reader()).await?;
    let waiting = jobs::waiting(&ctx).await.map_err(anyhow::Error::new)?;
    let at = |instant| local(instant).format("%Y-%m-%d %H:%M:%S").to_string();
    let mut out =
        format!("{:<18} {:<19} {:>9} {:>8} {:>9} {:>8}\n", "job", "last success", "turns", "failed", "done", "waiting");
    for run in &runs {
        let pieces = waiting.iter().find(|(name, _)| *name == run.name).map_or("-".to_owned(), |(_, n)| n.to_string());
        let ok = run.last_ok_at.map_or("never".to_owned(), at);
        writeln!(out, "{:<18} {ok:<19} {:>9} {:>8} {:>9} {pieces:>8}", run.name, run.runs, run.failures, run.done)?;
        if let (Some(error), Some(failed)) = (&run.last_error, run.last_failed_at) {
            writeln!(out, "  last failure {}: {error}", at(failed))?;
        }
    }
    if runs.is_empty() {
        out.push_str("no job has run on this database yet: start the server\n");
    }
    let failing: Vec<&str> = runs.iter().filter(|run| jobs::is_failing(run)).map(|run| run.name.as_str()).collect();
    anyhow::ensure!(failing.is_empty(), "{out}failing: {}", failing.join(", "));
    Ok(out.trim_end().to_owned())
}

#[expect(clippy::print_stdout, reason = "progress of a long run")]
async fn reencrypt(settings: &Settings) -> anyhow::Result<()> {
    let db = startup::connect(settings).await?;
    startup::prepare_schema(settings, &db).await?;
    let keys = settings.keyring()?;
    let done = reseal::run(&db, &keys, |of, done| {
        println!("{} {}: {} sealed anew", of.table, of.column, done.sealed);
    })
    .await?;
    println!("{} values are sealed with key {} now", done.sealed, keys.active().id);
    if done.overtaken > 0 {
        println!("{} were written by the service meanwhile", done.overtaken);
    }
    println!("{}", sealed_by(settings).await?);
    Ok(())
}

async fn sealed_by(settings: &Settings) -> anyhow::Result<String> {
    let db = startup::connect(settings).await?;
    let active = settings.keyring()?.active().id;
    let counted = reseal::status(&db).await?;
    let line = |(id, n): (&char, &u64)| {
        let note = if *id == active { " (active)" } else { "" };
        format!("key {id}{note}: {n} values")
    };
    let lines: Vec<String> = counted.iter().map(line).collect();
    Ok(if lines.is_empty() { "nothing is sealed yet".to_owned() } else { lines.join("\n") })
}

async fn report_retention(settings: Settings, clock: Clock) -> anyhow::Result<String> {
    use std::fmt::Write as _;
    let ctx = startup::context(settings, clock).await?;
    let report = retention::report(&ctx).await.map_err(anyhow::Error::new)?;
    let mut out = format!("{:<18} {:>6} {:>7} {:>8}  what, and why\n", "rule", "days", "due", "in 30 d");
    for item in &report.items {
        let days = item.days.map_or("-".to_owned(), |days| days.to_string());
        writeln!(
            out,
            "{:<18} {days:>6} {:>7} {:>8}  {}：{}",
            item.rule, item.due, item.due_soon, item.what, item.reason
        )?;
    }
    Ok(out.trim_end().to_owned())
}

async fn verify_audit(settings: &Settings, expect: Option<Anchor>) -> anyhow::Result<String> {
    let db = startup::connect(settings).await?;
    let (verdict, waiting) = audit::service::verify(db.reader(), &settings.keyring()?, expect).await?;
    match verdict {
        Verdict::Whole { rows, head } => {
            let head = data_encoding::HEXLOWER.encode(&head);
            Ok(format!("{rows} audit rows are sealed and unchanged, {waiting} wait to be sealed; head {rows}:{head}"))
        }
        Verdict::CutOff { seq, signed } => {
            anyhow::bail!("the audit log was changed: {signed} rows were sealed, but the chain ends at number {seq}")
        }
        Verdict::Unsigned => {
            anyhow::bail!(
                "the end of the audit log isn't signed with LOOKUP_KEY: it was removed or forged, or no row was sealed since this version was installed"
            )
        }
        Verdict::Rewritten { seq, row } => {
            anyhow::bail!(
                "the audit log was changed: row {row}, number {seq} of the chain, isn't the one that was signed or noted down; rows up to it were sealed anew"
            )
        }
        Verdict::Broken { seq, row: Some(id) } => {
            anyhow::bail!("the audit log was changed: row {id}, number {seq} of the chain, is not as it was sealed")
        }
        Verdict::Broken { seq, row: None } => {
            anyhow::bail!("the audit log was changed: the row with number {seq} of the chain is missing")
        }
    }
}

/// The first line of standard input, unless that is a terminal or empty.
fn password_from_stdin() -> anyhow::Result<Option<String>> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line).context("the password can't be read from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    Ok((!password.is_empty()).then(|| password.to_owned()))
}
