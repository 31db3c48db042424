//! The use case of an import: a file is read beside the workers, then everything happens in one
//! transaction, which a dry run gives up at its end.

use actix_web::HttpResponse;
use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::json;

use super::{
    cells::with_townships,
    columns::{Column, Problems},
    dto::{ImportOut, ImportQuery, ImportTable},
    sheet::{self, Kind, Line},
    tables,
};
use crate::{
    error::{Problem, Result},
    features::{
        audit::{self, Actor, Deed},
        auth::Bureau,
        directory,
        progress::Progress,
    },
    http::{
        Idempotency, Moment, Once, once,
        ratelimit::{IMPORT, limit},
        table::{Cell, Table},
    },
    platform::{crypto::sha256, db::write_txn},
    state::Ctx,
};

/// What an import has at hand, and what it did so far.
pub(super) struct Import<'a, 'p> {
    pub(super) ctx: &'a Ctx,
    pub(super) bureau: &'a Bureau,
    pub(super) txn: &'a DatabaseTransaction,
    pub(super) problems: Problems,
    pub(super) rows: usize,
    pub(super) created: usize,
    pub(super) changed: usize,
    pub(super) unchanged: usize,
    deeds: Vec<Deed>,
    progress: &'a mut Progress<'p>,
}

impl Import<'_, '_> {
    /// The file has so many rows.
    pub(super) fn has(&mut self, rows: usize) {
        self.rows = rows;
        self.progress.has(rows);
    }

    /// The next row's turn. Refuses if the import was called off.
    pub(super) async fn step(&mut self) -> Result<()> {
        self.progress.step().await
    }

    /// A row did something: what the same change by hand would leave in the audit log.
    pub(super) fn did(&mut self, action: &'static str, object: String, detail: serde_json::Value) {
        self.deeds.push(Deed { actor: Actor::from(self.bureau), action, object, detail });
    }
}

/// Rows of the audit log written at once.
const DEEDS: usize = 1_000;

/// Why the transaction of a dry run ends.
enum Ended {
    Dry(ImportOut),
    Refused(Problem),
}

impl From<DbErr> for Ended {
    fn from(error: DbErr) -> Self {
        Self::Refused(error.into())
    }
}

/// The titles, a line of notes and an example.
pub(super) fn template(ctx: &Ctx, of: ImportTable, kind: Kind) -> Result<HttpResponse> {
    let columns = tables::columns(of);
    let header: Vec<&str> = columns.iter().map(|column| column.title).collect();
    let noted = |column: &Column| {
        let needed = if column.needed { "必填" } else { "选填" };
        Cell::Text(format!("{needed}：{}", column.help))
    };
    let marked = |mut cells: Vec<Cell>, mark: &str| {
        if let Some(Cell::Text(text)) = cells.first_mut() {
            *text = format!("# {mark}{text}");
        }
        cells
    };
    let notes = marked(columns.iter().map(noted).collect(), "");
    let example = marked(columns.iter().map(|column| Cell::text(column.example)).collect(), "示例 ");
    let filename = format!("template_{}", of.as_str());
    let table = Table { filename, header: &header, rows: vec![notes, example], as_of: Moment(ctx.clock.now()) };
    match kind {
        Kind::Csv => table.csv(),
        Kind::Xlsx => table.xlsx(),
    }
}

/// Imports a table, all of it or nothing; or says what that would do.
pub async fn import(
    ctx: &Ctx,
    bureau: &Bureau,
    key: &Idempotency,
    of: ImportTable,
    query: ImportQuery,
    kind: Kind,
    body: Vec<u8>,
) -> Result<Once<ImportOut>> {
    let account = bureau.staff_id.to_string();
    limit(ctx, &IMPORT, &account).await?;
    let digest = data_encoding::HEXLOWER.encode(&sha256(&[&body]));
    // Unpacking megabytes would hold up the worker's other requests.
    let read = tokio::task::spawn_blocking(move || sheet::lines(&body, kind));
    let lines = read.await.map_err(Problem::internal)??;
    let mut progress = Progress::begin(ctx, bureau.staff_id, query.work.as_deref()).await?;
    let file = File { of, lines: &lines, digest: &digest };
    let outcome = if query.dry_run {
        dry_run(ctx, bureau, file, &mut progress).await
    } else {
        once(ctx, key, &account, async |txn| run(ctx, bureau, txn, file, &mut progress).await).await
    };
    progress.end(&outcome).await;
    let done = outcome?;
    if !query.dry_run && matches!(done, Once::First(_)) {
        ctx.catalogue.refresh(ctx.db.reader(), &ctx.clock).await?;
    }
    Ok(done)
}

/// What was sent.
#[derive(Clone, Copy)]
struct File<'a> {
    of: ImportTable,
    lines: &'a [Line],
    digest: &'a str,
}

/// The import itself, given up at its end: the answer is what an import at this instant would say.
async fn dry_run(ctx: &Ctx, bureau: &Bureau, file: File<'_>, progress: &mut Progress<'_>) -> Result<Once<ImportOut>> {
    let ended: Result<(), Ended> = write_txn(&ctx.db, async |txn| {
        let out = run(ctx, bureau, txn, file, progress).await.map_err(Ended::Refused)?;
        Err(Ended::Dry(ImportOut { dry_run: true, ..out }))
    })
    .await;
    match ended {
        Err(Ended::Dry(out)) => Ok(Once::First(out)),
        Err(Ended::Refused(problem)) => Err(problem),
        Ok(()) => Err(Problem::internal("a dry run was committed")),
    }
}

async fn run(
    ctx: &Ctx,
    bureau: &Bureau,
    txn: &DatabaseTransaction,
    File { of, lines, digest }: File<'_>,
    progress: &mut Progress<'_>,
) -> Result<ImportOut> {
    // One import after the other, and none beside somebody who enters a centre.
    directory::store::lock_townships(txn).await?;
    let mut import = Import {
        ctx,
        bureau,
        txn,
        problems: Problems::default(),
        rows: 0,
        created: 0,
        changed: 0,
        unchanged: 0,
        deeds: Vec::new(),
        progress,
    };
    let lines = with_townships(lines, tables::columns(of), &ctx.catalogue.townships());
    tables::run(&mut import, of, &lines).await?;
    // The last moment at which all of it can be given up.
    import.progress.go_on().await?;
    let Import { problems, rows, created, changed, unchanged, mut deeds, .. } = import;
    let notes = problems.notes;
    problems.done()?;
    let detail = json!({ "table": of, "rows": rows, "created": created, "changed": changed,
        "unchanged": unchanged, "sha256": digest });
    deeds.push(Deed { actor: Actor::from(bureau), action: "table.import", object: of.as_str().to_owned(), detail });
    while !deeds.is_empty() {
        let rest = deeds.split_off(deeds.len().min(DEEDS));
        audit::record_all(ctx, txn, std::mem::replace(&mut deeds, rest)).await?;
    }
    Ok(ImportOut { table: of, dry_run: false, rows, created, changed, unchanged, notes })
}
