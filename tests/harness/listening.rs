//! What the fakes have in common: a listener on this machine.

use std::net::SocketAddr;

use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

/// A listener with a task for each connection; stops when dropped.
pub struct Listening {
    /// Where it is.
    pub address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl Listening {
    /// Serves each connection.
    pub async fn start<Served>(serve: impl Fn(TcpStream) -> Served + Send + 'static) -> Self
    where
        Served: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, mut stopped) = oneshot::channel();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = &mut stopped => return,
                    Ok((stream, _)) = listener.accept() => drop(tokio::spawn(serve(stream))),
                }
            }
        });
        Self { address, _stop: stop }
    }
}
