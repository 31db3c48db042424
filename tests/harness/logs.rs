//! The program's log lines of this process, in its own format, at a level that shows more than
//! any installation would.

use std::{
    io::{self, Write},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use quanxiangtuo::{config::Settings, telemetry};

static LISTENERS: AtomicUsize = AtomicUsize::new(0);
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Tee;

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if LISTENERS.load(Ordering::SeqCst) > 0
            && let Ok(mut lines) = LINES.lock()
        {
            lines.extend_from_slice(bytes);
        }
        if crate::backend::env("TEST_LOG").is_some() {
            io::stderr().write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends the log here; with `TEST_LOG=1` also to the terminal.
pub(crate) fn install() {
    let settings = Settings::with(&[("log", "debug,quanxiangtuo=trace"), ("log_format", "json")]).unwrap();
    telemetry::start_logging_to(&settings, || Tee);
}

/// Keeps the lines that are written from now on, those of tests that run beside this one too:
/// look for values that only this test uses.
#[must_use]
pub fn listen() -> Listener {
    crate::backend::once_a_process();
    LISTENERS.fetch_add(1, Ordering::SeqCst);
    Listener(())
}

/// See [`listen`].
pub struct Listener(());

impl Listener {
    /// All lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let lines = LINES.lock().unwrap();
        String::from_utf8_lossy(&lines).lines().map(str::to_owned).collect()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if LISTENERS.fetch_sub(1, Ordering::SeqCst) == 1
            && let Ok(mut lines) = LINES.lock()
        {
            lines.clear();
        }
    }
}
