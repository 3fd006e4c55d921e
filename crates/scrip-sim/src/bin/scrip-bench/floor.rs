//! The floor: the same HTTP stack answering a constant, as a process of its own.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;

/// As long as the answer to a hold.
const ANSWER: &str = include_str!("answer.json");

/// Serves until it is killed; prints its address.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(1, |cores| cores.get()))
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let app = Router::new()
            .route("/v1/holds", post(async |_body: axum::body::Bytes| ([(CONTENT_TYPE, "application/json")], ANSWER)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("http://{}", listener.local_addr().expect("an address"));
        axum::serve(listener, app).await.expect("serves");
    });
}
