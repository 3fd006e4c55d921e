//! Connections: HTTP/1.1 spoken straight to whoever answers. A general server would look for other protocols, clone a
//! stack of services and watch one signal from all connections, for each request anew.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures_util::future::{Either, select};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// When nothing can be accepted (too many open files, for instance), it is tried again after so long.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers whoever connects, until `stopped`; then takes nobody new, and ends when what is under way is answered.
pub(crate) async fn serve<A, F>(listener: TcpListener, answer: A, stopped: impl Future<Output = ()>)
where
    A: Fn(Request) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response, Infallible>> + Send + 'static,
{
    let mut talks = JoinSet::new();
    let mut hang_ups = HashMap::new();
    let mut stopped = pin!(stopped);
    loop {
        tokio::select! {
            came = listener.accept() => match came {
                Ok((stream, _)) => {
                    let (hang_up, hung_up) = oneshot::channel();
                    let talk = talks.spawn(talk(stream, answer.clone(), hung_up));
                    hang_ups.insert(talk.id(), hang_up);
                }
                Err(error) if is_about_one(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "nobody can connect");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(ended) = talks.join_next_with_id() => {
                hang_ups.remove(&ended.map_or_else(|error| error.id(), |(talk, ())| talk));
            }
            () = &mut stopped => break,
        }
    }
    drop(listener);
    hang_ups.clear();
    while talks.join_next().await.is_some() {}
}

/// Somebody was gone before being accepted: the next one can be.
fn is_about_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// One connection, until the client closes it; once `hung_up`, until what is under way is answered.
async fn talk<A, F>(stream: TcpStream, answer: A, hung_up: oneshot::Receiver<()>)
where
    A: Fn(Request) -> F + Send,
    F: Future<Output = Result<Response, Infallible>> + Send,
{
    // A small answer is sent at once and does not wait for the next one; where that can't be had, it comes later.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| answer(request.map(Body::new)));
    let connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let ended = match select(connection, hung_up).await {
        Either::Left((ended, _)) => ended,
        Either::Right((_, mut connection)) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection broke");
    }
}
