//! A few threads that answer lists and sums from the views, so that nobody's runtime waits for the disk.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{ReadError, StoreError};
use crate::views;

type Question = Box<dyn FnOnce(&mut Connection) + Send>;

pub(crate) struct Readers {
    questions: Mutex<Option<SyncSender<Question>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Questions that may wait; beyond it callers are told `Busy`.
const QUESTIONS_MAX: usize = 1_024;

impl Readers {
    pub(crate) fn open(dir: &Path, count: usize) -> Result<Readers, StoreError> {
        let (sender, receiver) = sync_channel::<Question>(QUESTIONS_MAX);
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for _ in 0..count.max(1) {
            let mut db = views::open_read(dir)?;
            let receiver: Arc<Mutex<Receiver<Question>>> = receiver.clone();
            let work = move || {
                while let Ok(question) = {
                    let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
                    receiver.recv()
                } {
                    question(&mut db);
                }
            };
            threads.push(std::thread::Builder::new().name("scrip-reader".to_owned()).spawn(work)?);
        }
        Ok(Readers { questions: Mutex::new(Some(sender)), threads: Mutex::new(threads) })
    }

    /// Asks the views; all statements of one question see the same instant.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let (reply, answer) = oneshot::channel();
        let question: Question = Box::new(move |db: &mut Connection| {
            let answer = db.transaction().map_err(ReadError::from).and_then(|transaction| question(&transaction));
            // Nobody may be waiting any more.
            let _ = reply.send(answer);
        });
        let sent = match &*self.questions.lock().unwrap_or_else(PoisonError::into_inner) {
            None => return Err(StoreError::Closed.into()),
            Some(questions) => questions.try_send(question),
        };
        match sent {
            Ok(()) => answer.await.map_err(|_| ReadError::from(StoreError::Closed))?,
            Err(TrySendError::Full(_)) => Err(StoreError::Busy.into()),
            Err(TrySendError::Disconnected(_)) => Err(StoreError::Closed.into()),
        }
    }

    pub(crate) fn close(&self) {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).take();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // A reader that panicked has answered `Closed` to whoever asked.
            let _ = thread.join();
        }
    }
}
