//! The README's tour, run as it is written.

use std::process::Stdio;

use harness::TestApp;
use tokio::process::Command;

/// The `sh` blocks of the tour, in order.
fn tour() -> String {
    let readme = include_str!("../../README.md");
    let tour = readme.split("## A five-minute tour").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    tour.split("```sh\n").skip(1).filter_map(|block| block.split("```").next()).collect()
}

#[tokio::test]
async fn the_tour_runs_as_it_is_written() {
    let app = TestApp::spawn_demo().await;
    let folder = tempfile::tempdir().unwrap();
    let script = format!("set -eu\nset -v\n{}", tour().replace("http://127.0.0.1:8080", &app.url()));
    let run = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("no_proxy", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{out}\n{err}");
    for expected in [
        r#""free_places":"#,
        r#""free_all_day":"#,
        r#""total_fen":"#,
        r#""status":"confirmed""#,
        "可以核销：",
        "核销成功：",
        "dempotent-replayed: true",
        "已在本机构核销过",
        r#""level":5"#,
        r#""met_with_confidence":"#,
        "满意率",
    ] {
        assert!(out.contains(expected), "no {expected} in\n{out}\n{err}");
    }
    let picture = image::open(folder.path().join("voucher.png")).unwrap().to_luma8();
    let mut decoder = rqrr::PreparedImage::prepare(picture);
    let (_, code) = decoder.detect_grids().first().expect("a QR code").decode().unwrap();
    assert!(code.starts_with('V') && code.len() == 50, "{code}");
}
