//! Processes that a test kills: the server as its own binary, and a Redis of the test's own.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

use crate::{app::TestApp, client::Client};

/// How long a process may take to answer.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A port of this machine that is free now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[expect(clippy::disallowed_methods, reason = "how long a process takes to start, not the time of the application")]
fn wait_for(address: SocketAddr, what: &str, child: &mut Child) {
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "{what} died at its start");
        assert!(begun.elapsed() < STARTS_WITHIN, "{what} doesn't answer");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The server's binary, built once a process of the suite; cargo does nothing if it is fresh.
async fn binary() -> &'static PathBuf {
    static BINARY: OnceCell<PathBuf> = OnceCell::const_new();
    BINARY
        .get_or_init(|| async {
            tokio::task::spawn_blocking(|| {
                let cargo = crate::backend::env("CARGO").unwrap_or_else(|| "cargo".to_owned());
                let mut build = Command::new(cargo);
                build.args(["build", "--quiet", "--locked", "--workspace", "--bins"]);
                build.current_dir(env!("CARGO_MANIFEST_DIR"));
                // What cargo tells a test of itself would make it build everything anew.
                for (name, _) in std::env::vars_os() {
                    let name = name.to_string_lossy();
                    if name == "LD_LIBRARY_PATH"
                        || name.starts_with("CARGO_PKG_")
                        || name.starts_with("CARGO_MANIFEST_")
                    {
                        build.env_remove(&*name);
                    }
                }
                let built = build.status().unwrap();
                assert!(built.success(), "the server doesn't build");
                // …/target/debug/deps/it-… → …/target/debug/quanxiangtuo
                let here = std::env::current_exe().unwrap();
                here.parent().unwrap().parent().unwrap().join("quanxiangtuo")
            })
            .await
            .unwrap()
        })
        .await
}

/// The server as a process of its own.
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts it on the database and key-value store of an application of the suite, on the
    /// system's clock.
    pub async fn start(app: &TestApp) -> Self {
        let binary = binary().await;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = Command::new(binary);
        command.env_clear().stdout(Stdio::null()).stderr(Stdio::null());
        for (name, value) in app.settings() {
            command.env(name.to_uppercase(), value);
        }
        command.env("LISTEN", address.to_string());
        let mut child = command.spawn().unwrap();
        tokio::task::spawn_blocking(move || {
            wait_for(address, "the server", &mut child);
            Self { child, address }
        })
        .await
        .unwrap()
    }

    /// The same caller at this process.
    #[must_use]
    pub fn client(&self, client: &Client) -> Client {
        client.at_url(&format!("http://{}", self.address))
    }

    /// SIGTERM, then waits until it has ended; how it did.
    pub async fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        tokio::task::spawn_blocking(move || self.child.wait().unwrap()).await.unwrap()
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Redis of the test's own, to be stopped and started.
pub struct OwnRedis {
    port: u16,
    child: Option<Child>,
}

impl OwnRedis {
    /// Starts it on a free port.
    #[must_use]
    pub fn start() -> Self {
        let mut redis = Self { port: free_port(), child: None };
        redis.go();
        redis
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Starts it again on its port, empty.
    pub fn go(&mut self) {
        let port = self.port.to_string();
        let mut child = Command::new("redis-server")
            .args(["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", &port])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("redis-server (tests/run installs it): {error}"));
        wait_for(SocketAddr::from(([127, 0, 0, 1], self.port)), "Redis", &mut child);
        self.child = Some(child);
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        self.kill();
    }
}
