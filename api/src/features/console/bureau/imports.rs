//! Imports of tables: templates, a file looked through without writing anything, what is wrong by row and column,
//! and the import itself.
//!
//! Nothing is kept between the two steps: the file goes along in the form that confirms it, and is read anew.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Bytes, Data, ServiceConfig},
};
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use super::super::{
    fields::{Choice, Fields},
    form::Form,
    shell::{Shell, see},
    table::{Table, link, number, text},
    view::{Part, View},
};
use crate::{
    error::{Problem, Result, Text},
    features::{
        auth::Bureau,
        imports::{
            dto::{ImportOut, ImportQuery, ImportTable},
            service,
            sheet::{Kind, MOST_ROWS},
        },
    },
    http::{Idempotency, Once, multipart},
    state::Ctx,
};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(bureau_imports).service(bureau_check_import).service(bureau_confirm_import);
}

const PAGE: &str = "/bureau/imports";

fn named(shell: &Shell, table: ImportTable) -> &'static str {
    let (zh, en) = match table {
        ImportTable::Centres => ("机构", "Centres"),
        ImportTable::Classes => ("班级", "Classes"),
        ImportTable::Offers => ("服务与价格", "Offers"),
        ImportTable::Carers => ("保育人员", "Carers"),
        ImportTable::Calendar => ("节假日与调休", "Calendar"),
        ImportTable::CommunityPoints => ("社区（村）位置", "Communities as points"),
        ImportTable::Populations => ("社区（村）人口", "Populations of communities"),
    };
    shell.t(zh, en)
}

#[get("/imports")]
async fn bureau_imports(ctx: Data<Ctx>, shell: Shell, _bureau: Bureau) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let columns = [t("表格", "Table"), t("模板（CSV）", "Template (CSV)"), t("模板（Excel）", "Template (Excel)")];
    let mut table = Table::new(&shell, t("下载模板", "Templates"), &columns);
    for of in ImportTable::ALL {
        let template =
            |ending: &str, label: &str| link(label, format!("/api/v1{PAGE}/{}/template.{ending}", of.as_str()));
        table.row(vec![
            text(named(&shell, *of)),
            template("csv", t("下载 CSV", "Download CSV")),
            template("xlsx", t("下载 XLSX", "Download XLSX")),
        ]);
    }
    View::new(&shell, t("表格导入", "Imports"))
        .text(
            "先下载模板填写，再上传检查；检查不写入任何数据。全部行都没有问题才能导入，有一处问题则一行也不导入。",
            "Fill in a template, then upload it to be checked, which writes nothing. All rows are imported or none.",
        )
        .table(table.only_here())
        .form(upload(&shell, None))
        .part(Part::Work)
        .part(Part::Links(vec![(
            t("导入记录（操作日志）", "What was imported: the audit log").to_owned(),
            "/bureau/audit?action=table.import".to_owned(),
        )]))
        .answer(&ctx)
}

fn tables(shell: &Shell, chosen: Option<ImportTable>) -> Vec<Choice> {
    let choice = |of: &ImportTable| (of.as_str().to_owned(), named(shell, *of).to_owned(), Some(*of) == chosen);
    ImportTable::ALL.iter().map(choice).collect()
}

fn upload(shell: &Shell, chosen: Option<ImportTable>) -> Fields {
    let t = |zh, en| shell.t(zh, en);
    let hint = (
        format!(".xlsx 或 .csv，最多{MOST_ROWS}行、4 MiB"),
        format!(".xlsx or .csv, {MOST_ROWS} rows and 4 MiB at most"),
    );
    Fields::post(shell, PAGE, t("检查（不写入）", "Check: nothing is written"))
        .legend(t("上传表格", "Upload a table"))
        .choice("table", t("表格", "Table"), tables(shell, chosen))
        .file("file", t("文件", "File"), ".xlsx,.csv")
        .hint(shell.t(&hint.0, &hint.1))
        .hidden("work", "")
}

/// A workbook is a ZIP, whatever the browser calls it.
fn kind(file: &[u8]) -> Kind {
    if file.starts_with(b"PK\x03\x04") { Kind::Xlsx } else { Kind::Csv }
}

fn word(table: &str) -> Result<ImportTable> {
    ImportTable::ALL
        .iter()
        .find(|known| known.as_str() == table)
        .copied()
        .ok_or_else(|| Problem::field("table", "unknown", Text::new("请选择要导入的表格。", "Say which table it is.")))
}

fn missing() -> Problem {
    Problem::field("file", "missing", Text::new("请选择要上传的文件。", "Choose a file."))
}

/// What a form with a file says.
fn sent(req: &HttpRequest) -> (Option<ImportTable>, Bytes, Option<String>) {
    let (mut table, mut file, mut work) = (None, Bytes::new(), None);
    for part in multipart::parts(req) {
        match &*part.name {
            "table" => table = word(&String::from_utf8_lossy(&part.value)).ok(),
            "file" => file = part.value,
            "work" => work = Some(String::from_utf8_lossy(&part.value).into_owned()).filter(|word| !word.is_empty()),
            _ => {}
        }
    }
    (table, file, work)
}

#[post("/imports")]
async fn bureau_check_import(
    ctx: Data<Ctx>,
    req: HttpRequest,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
) -> Result<HttpResponse> {
    let (table, file, work) = sent(&req);
    let checked = async {
        let table = table.map_or_else(|| word(""), Ok)?;
        if file.is_empty() {
            return Err(missing());
        }
        let query = ImportQuery { dry_run: true, work };
        service::import(&ctx, &bureau, &key, table, query, kind(&file), file.to_vec()).await
    };
    match checked.await {
        Ok(Once::First(out)) => ready(&ctx, &shell, &out, &file),
        // A dry run is never kept.
        Ok(Once::Again(_)) => Ok(see(PAGE, "")),
        Err(problem) => refused(&ctx, &shell, table, problem),
    }
}

/// Nothing is wrong: what an import would do, and the form that does it.
fn ready(ctx: &Ctx, shell: &Shell, out: &ImportOut, file: &[u8]) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let form = Fields::post(shell, format!("{PAGE}/confirm"), t("确认导入", "Import it"))
        .hidden("table", out.table.as_str())
        .hidden("file", BASE64URL_NOPAD.encode(file))
        .hidden("work", "");
    View::new(shell, named(shell, out.table))
        .text("检查通过，尚未写入。确认后全部写入。", "Nothing is wrong, and nothing written yet.")
        .facts(&[
            ("读取行数", "Rows read", out.rows.to_string()),
            ("新增", "New", out.created.to_string()),
            ("变更", "Changed", out.changed.to_string()),
            ("不变", "As they were", out.unchanged.to_string()),
            ("跳过的说明行（以“# ”开头）", "Lines left out as notes, which begin with “# ”", out.notes.to_string()),
        ])
        .form(form)
        .part(Part::Work)
        .part(Part::Links(vec![(t("返回", "Back").to_owned(), PAGE.to_owned())]))
        .answer(ctx)
}

/// What is wrong, by row and column, and the way to try again. What has nothing to do with the file is a
/// refusal like any other.
fn refused(ctx: &Ctx, shell: &Shell, of: Option<ImportTable>, problem: Problem) -> Result<HttpResponse> {
    let t = |zh, en| shell.t(zh, en);
    let view = View::new(shell, of.map_or_else(|| t("表格导入", "Imports"), |of| named(shell, of)));
    if !problem.fields().any(|field| field.starts_with("rows[") || field == "body") {
        if problem.fields().next().is_none() {
            return Err(problem);
        }
        let sent = of.map(|of| format!("table={}", of.as_str())).unwrap_or_default();
        return view.form(upload(shell, of).again(shell, sent.as_bytes(), &problem)).part(Part::Work).answer(ctx);
    }
    let mut table =
        Table::new(shell, t("问题清单", "What is wrong"), &[t("#行", "#Row"), t("列", "Column"), t("问题", "Problem")]);
    for (field, told) in problem.faults(shell.language) {
        let (row, column) = located(field);
        let told = told.split_once(t("：", ": ")).filter(|_| row.is_some()).map_or(&*told, |(_, told)| told);
        table.row(vec![
            row.map_or_else(|| text("—"), |row| number(row as i64)),
            text(if column.is_empty() { "—" } else { column }),
            text(told),
        ]);
    }
    let total = problem.facts.get("problems").map_or_else(|| "1".to_owned(), ToString::to_string);
    view.part(Part::Big(total, t("处问题；没有写入任何数据", "problems; nothing was written").to_owned()))
        .table(table.only_here())
        .form(upload(shell, of))
        .part(Part::Work)
        .answer(ctx)
}

/// The row and the column of `rows[3].托位数`.
fn located(field: &str) -> (Option<usize>, &str) {
    let inside = field.strip_prefix("rows[").and_then(|rest| rest.split_once(']'));
    let Some((row, rest)) = inside else { return (None, "") };
    (row.parse().ok(), rest.trim_start_matches('.'))
}

#[derive(Deserialize)]
struct ConfirmForm {
    table: ImportTable,
    file: String,
    work: Option<String>,
}

#[post("/imports/confirm")]
async fn bureau_confirm_import(
    ctx: Data<Ctx>,
    shell: Shell,
    bureau: Bureau,
    key: Idempotency,
    Form(ConfirmForm { table, file, work }): Form<ConfirmForm>,
) -> Result<HttpResponse> {
    let file = BASE64URL_NOPAD.decode(file.as_bytes()).map_err(|_| missing())?;
    let query = ImportQuery { dry_run: false, work: work.filter(|word| !word.is_empty()) };
    match service::import(&ctx, &bureau, &key, table, query, kind(&file), file).await {
        Ok(_) => Ok(see(PAGE, "saved")),
        // Somebody changed something meanwhile.
        Err(problem) => refused(&ctx, &shell, Some(table), problem),
    }
}

#[cfg(test)]
mod tests {
    use super::located;

    #[test]
    fn a_problem_is_found_by_row_and_column() {
        assert_eq!(located("rows[3].托位数"), (Some(3), "托位数"));
        assert_eq!(located("rows[12]"), (Some(12), ""));
        assert_eq!(located("body"), (None, ""));
    }
}
